"""The sandbox's Youzan keeps the platform's rules."""

import pytest
import requests

PATH = "/api/youzan.trades.sold.get/4.0.4"
DAY = {"start_update": "2026-04-15 00:00:00", "end_update": "2026-04-15 23:59:59"}
APP = {"client_id": "yz-client-acme", "client_secret": "yz-client-acme-secret"}
SILENT = {**APP, "authorize_type": "silent", "grant_id": "90010001"}


def post(sandbox, path, body, **params):
    url = f"{sandbox.base_url}/youzan{path}"
    return requests.post(url, json=body, params=params, timeout=5).json()


def trades(sandbox, **body):
    token = post(sandbox, "/auth/token", SILENT)["data"]["access_token"]
    return post(sandbox, PATH, {"page_size": 100, **body}, access_token=token)


def test_an_illegal_credential_is_4201(sandbox):
    assert post(sandbox, PATH, DAY, access_token="unknown")["code"] == 4201
    assert post(sandbox, PATH, DAY)["code"] == 4201


def test_another_shop_gets_no_token(sandbox):
    assert post(sandbox, "/auth/token", {**SILENT, "grant_id": "1"})["success"] is False


def test_a_half_pair_is_ignored_in_silence(sandbox):
    whole = trades(sandbox, **DAY)["data"]["total_results"]
    half = trades(sandbox, start_update=DAY["start_update"])["data"]["total_results"]
    none = trades(sandbox)["data"]["total_results"]

    assert whole == 105 + 1 + 1 + 2
    assert half == none == whole + 2


def test_more_than_a_year_is_refused_with_an_empty_list(sandbox):
    answer = trades(sandbox, **{**DAY, "start_update": "2025-04-01 00:00:00"})

    assert (answer["code"], answer["success"]) == (106000001, False)
    assert answer["data"] == {"full_order_info_list": []}


@pytest.mark.parametrize("body", [{"page_size": 101}, {"page_no": 0}, {"cursor": "x"}])
def test_wrong_parameters_are_refused(sandbox, body):
    assert trades(sandbox, **{**DAY, **body})["success"] is False
