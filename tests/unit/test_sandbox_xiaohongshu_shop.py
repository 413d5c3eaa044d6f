"""The sandbox's Xiaohongshu Ark keeps the platform's rules."""

import hashlib
from datetime import datetime

import pytest
import requests

from tidemark.clock import SHANGHAI

EIGHT = int(datetime(2026, 4, 15, 20, tzinfo=SHANGHAI).timestamp())
LIST = "order.getOrderList"
HALF_HOUR = {"startTime": EIGHT, "endTime": EIGHT + 1800, "timeType": 2}
PAGE = {"pageNo": 1, "pageSize": 100}


def call(sandbox, method, body, **changes):
    stamp = str(int(sandbox.settings.clock().timestamp()))
    text = f"{method}?appId=ark-acme&timestamp={stamp}&version=2.0ark-acme-secret"
    system = {"appId": "ark-acme", "method": method, "version": "2.0", "timestamp": stamp}
    system["sign"] = hashlib.md5(text.encode()).hexdigest()
    url = f"{sandbox.base_url}/xiaohongshu_shop/ark/open_api/v3/common_controller"
    return requests.post(url, json={**system, **body, **changes}, timeout=5).json()


def pair(sandbox):
    return call(sandbox, "oauth.getAccessToken", {"code": "code-seller-acme"})["data"]


def orders(sandbox, **body):
    token = pair(sandbox)["accessToken"]
    return call(sandbox, LIST, {**HALF_HOUR, **PAGE, "accessToken": token, **body})


@pytest.mark.parametrize(
    "changes",
    [{"sign": "0" * 32}, {"version": "1.0"}, {"timestamp": "1612518379"}, {"appId": "other"}],
    ids=["signature", "version", "an old timestamp", "app"],
)
def test_a_call_that_is_not_signed_rightly_is_refused(sandbox, changes):
    answer = call(sandbox, "oauth.getAccessToken", {"code": "code-seller-acme"}, **changes)

    assert (answer["success"], answer["error_code"]) == (False, -2000400)


def test_a_call_without_a_token_is_refused(sandbox):
    assert call(sandbox, LIST, {**HALF_HOUR, **PAGE})["success"] is False


def test_a_refresh_token_brings_another_pair_and_dies(sandbox):
    body = {"refreshToken": pair(sandbox)["refreshToken"]}

    assert call(sandbox, "oauth.refreshToken", body)["success"] is True
    assert call(sandbox, "oauth.refreshToken", body)["success"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"endTime": EIGHT + 1801},
        {"timeType": 1, "endTime": EIGHT + 86_401},
        {"pageNo": 101},
        {"pageSize": 101},
        {"pageNo": 0},
        {"cursor": 1},
    ],
    ids=["over 30 minutes", "over a day", "page 101", "101 a page", "page 0", "unknown name"],
)
def test_wrong_searches_are_refused(sandbox, changes):
    assert orders(sandbox, **changes)["error_code"] == -2000400


def test_a_list_is_paged_in_milliseconds_and_without_what_was_paid(sandbox):
    data = orders(sandbox)["data"]

    assert (data["total"], data["maxPageNo"], len(data["orderList"])) == (105, 2, 100)
    assert data["orderList"][0]["updateTime"] > EIGHT * 1000
    assert "totalPayAmount" not in data["orderList"][0]
