"""The sandbox's WeChat Shop keeps the platform's rules."""

from datetime import datetime

import pytest
import requests

from tidemark.clock import SHANGHAI

LIST, GET = "/channels/ec/order/list/get", "/channels/ec/order/get"
REFUNDS = "/channels/ec/aftersale/getaftersalelist"
NOON = int(datetime(2026, 4, 15, 12, tzinfo=SHANGHAI).timestamp())
SPAN = {"update_time_range": {"start_time": NOON - 3600, "end_time": NOON + 43_200}}


def post(sandbox, path, body, token=None):
    url = f"{sandbox.base_url}/wechat_shop"
    app = {"appid": "wx-shop-acme", "secret": "wx-shop-acme-secret"}
    if token is None:
        answer = requests.post(f"{url}/cgi-bin/stable_token", json=app, timeout=5)
        token = answer.json()["access_token"]
    params = {"access_token": token}
    return requests.post(f"{url}{path}", params=params, json=body, timeout=5).json()


def test_an_unknown_token_is_refused(sandbox):
    assert post(sandbox, LIST, {**SPAN, "page_size": 10}, "unknown")["errcode"] == 40001


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (LIST, {"page_size": 10}),
        (LIST, {**SPAN, "page_size": 101}),
        (LIST, {"update_time_range": {"start_time": NOON}, "page_size": 10}),
        (
            LIST,
            {"update_time_range": {"start_time": NOON - 604_801, "end_time": NOON}, "page_size": 9},
        ),
        (LIST, {**SPAN, "page_size": 10, "page": 2}),
        (REFUNDS, {"begin_create_time": NOON - 86_401, "end_create_time": NOON}),
    ],
    ids=["no range", "101 a page", "half a range", "over 7 days", "unknown name", "over 24 hours"],
)
def test_wrong_listings_are_refused(sandbox, path, body):
    assert post(sandbox, path, body)["errcode"] == 47001


def test_a_key_holds_for_its_own_parameters_only(sandbox):
    first = post(sandbox, LIST, {**SPAN, "page_size": 100})

    other = post(sandbox, LIST, {**SPAN, "page_size": 50, "next_key": first["next_key"]})
    same = post(sandbox, LIST, {**SPAN, "page_size": 100, "next_key": first["next_key"]})

    assert first["has_more"] is True
    assert other["errcode"] == 606006
    assert len(first["order_id_list"] + same["order_id_list"]) == 105 + 2


def test_nothing_is_visible_before_its_moment(sandbox):
    last = sandbox.world.facets["wechat_shop"].orders[-1]

    answer = post(sandbox, GET, {"order_id": last.order_id})

    assert answer["errcode"] != 0
