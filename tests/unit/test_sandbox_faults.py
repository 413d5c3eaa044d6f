"""Faults on order strike the next calls below a path, and the control plane tells what happened."""

import time

import pytest
import requests

from tests.sandbox_calls import (
    OPEN_ID,
    douyin_code,
    douyin_get,
    douyin_token,
    shop_post,
    shop_search,
    shop_token,
    wechat_days,
    wechat_post,
)

FANS = "/data/external/user/fans/"
LIST = "/api/douyin/v1/video/video_list/"


def fans(sandbox, token):
    return requests.get(
        f"{sandbox.base_url}/douyin{FANS}",
        params={"open_id": OPEN_ID, "date_type": 7},
        headers={"access-token": token},
        timeout=5,
    )


@pytest.fixture
def token(sandbox):
    """An access token that was handed out before any fault."""
    return douyin_token(sandbox)


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("http_500", 500, b'{"message":"internal error"}'),
        ("html_502", 502, b"<html><body><h1>502 Bad Gateway</h1></body></html>"),
        ("empty_object", 200, b"{}"),
        ("empty_body", 200, b""),
    ],
)
def test_a_bad_wire_spoils_one_answer(sandbox, token, kind, status, content):
    sandbox.fault(f"/douyin{FANS}", kind)

    spoilt, next_one = fans(sandbox, token), fans(sandbox, token)

    assert (spoilt.status_code, spoilt.content) == (status, content)
    assert next_one.json()["data"]["error_code"] == 0


def test_a_truncated_answer_is_no_json(sandbox, token):
    sandbox.fault(f"/douyin{FANS}", "truncated")

    with pytest.raises(requests.JSONDecodeError):
        fans(sandbox, token).json()


def test_too_many_requests_tell_how_long_to_wait(sandbox, token):
    sandbox.fault(f"/douyin{FANS}", "http_429", value=3)
    answer = fans(sandbox, token)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_a_delay_keeps_the_answer(sandbox, token):
    sandbox.fault(f"/douyin{FANS}", "delay", value=0.2)
    begun = time.monotonic()
    answer = fans(sandbox, token)

    assert time.monotonic() - begun >= 0.2
    assert answer.json()["data"]["error_code"] == 0


@pytest.mark.parametrize(
    ("kind", "value", "change"),
    [
        ("bad_type", "new_fans", lambda rows: rows[0]["new_fans"] == "not-a-number"),
        ("unknown_field", None, lambda rows: rows[0]["brand_new_field"] == 1),
        ("missing_field", "date", lambda rows: "date" not in rows[0]),
        ("zeros", None, lambda rows: {row["total_fans"] for row in rows} == {"0"}),
        ("empty_success", None, lambda rows: rows == []),
        ("duplicate_page", None, lambda rows: len(rows) == 14 and rows[:7] == rows[7:]),
    ],
)
def test_rows_are_spoilt_in_an_answer_that_succeeds(sandbox, token, kind, value, change):
    sandbox.fault(f"/douyin{FANS}", kind, value=value)
    data = fans(sandbox, token).json()["data"]

    assert data["error_code"] == 0
    assert change(data["result_list"])


@pytest.mark.parametrize(("kind", "code"), [("rate_limit", 28003018), ("quota", 28003017)])
def test_limits_of_douyin_have_its_codes(sandbox, token, kind, code):
    sandbox.fault("/douyin/", kind)

    assert douyin_code(sandbox, FANS, token, date_type=7) == code


@pytest.mark.parametrize(("kind", "code"), [("rate_limit", 45011), ("quota", 45009)])
def test_limits_of_wechat_have_its_codes(sandbox, kind, code):
    sandbox.fault("/wechat/datacube/", kind)

    assert wechat_days(sandbox, "getusersummary", "2026-04-15", "2026-04-15")["errcode"] == code


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rate_limit", (60000, "isv.traffic-limited")),
        ("error_code:30001", (30001, "isv.app-permissions-insufficient")),
        ("error_code:70000", (70000, "isp.api-service-off")),
    ],
)
def test_errors_of_the_shop_have_a_fitting_sub_code(sandbox, kind, expected):
    token = shop_token(sandbox)
    sandbox.fault("/douyin_shop/order/", kind)
    answer = shop_post(sandbox, "order.searchList", {}, token)

    assert (answer["code"], answer["sub_code"]) == expected


def test_token_endpoints_can_fail_too(sandbox):
    sandbox.fault("/douyin/oauth/", "error_code:2100004")
    sandbox.fault("/wechat/cgi-bin/stable_token", "error_code:-1")
    url = f"{sandbox.base_url}/wechat/cgi-bin/stable_token"

    form = {"client_key": "dykey-acme"}
    oauth = requests.post(f"{sandbox.base_url}/douyin/oauth/refresh_token/", data=form, timeout=5)
    assert oauth.json()["data"]["error_code"] == 2100004
    assert requests.post(url, json={}, timeout=5).json()["errcode"] == -1


def test_expired_tokens_are_those_of_the_platform_alone(sandbox, token):
    shop = shop_token(sandbox)
    sandbox.fault("/douyin/", "expire_token")

    assert douyin_code(sandbox, FANS, token, date_type=7) == 28001008
    assert douyin_code(sandbox, FANS, date_type=7) == 0
    assert shop_post(sandbox, "order.searchList", {}, shop)["code"] == 10000


def test_faults_strike_in_order_as_often_as_told_and_only_below_their_path(sandbox, token):
    sandbox.fault(f"/douyin{FANS}", "error_code:10", times=2)
    sandbox.fault(f"/douyin{FANS}", "error_code:20", times=1)

    codes = [douyin_code(sandbox, FANS, token, date_type=7) for _ in range(4)]

    assert douyin_code(sandbox, "/data/external/user/like/", token, date_type=7) == 0
    assert codes == [10, 10, 20, 0]


def test_faults_without_end_strike_until_they_are_cleared(sandbox, token):
    sandbox.fault("/douyin/", "error_code:10", times=None)
    codes = [douyin_code(sandbox, FANS, token, date_type=7) for _ in range(3)]
    sandbox.clear_faults()

    assert codes == [10, 10, 10]
    assert douyin_code(sandbox, FANS, token, date_type=7) == 0


def test_an_unknown_fault_is_refused_with_those_that_exist(sandbox):
    rule = {"match": "/", "kind": "earthquake"}
    answer = requests.post(f"{sandbox.base_url}/_sandbox/faults", json=rule, timeout=5)

    assert answer.status_code == 400
    assert "http_500" in answer.json()["error"]


def test_a_new_video_while_paging_repeats_a_row(sandbox, token):
    pages = [douyin_get(sandbox, LIST, token, count=5, cursor=0)["data"]]
    sandbox.fault(f"/douyin{LIST}", "page_shift")
    pages.append(douyin_get(sandbox, LIST, token, count=5, cursor=pages[0]["cursor"])["data"])
    ids = [[row["item_id"] for row in page["list"]] for page in pages]

    assert ids[0][-1] == ids[1][0]


def test_a_new_article_while_paging_repeats_an_item(sandbox):
    path = "/cgi-bin/freepublish/batchget"
    first = wechat_post(sandbox, path, {"offset": 0, "count": 5})["item"]
    sandbox.fault(f"/wechat{path}", "page_shift")
    second = wechat_post(sandbox, path, {"offset": 5, "count": 5})["item"]

    assert second[0] == first[-1]


def test_an_order_that_leaves_the_window_while_paging_moves_the_others_forward(sandbox):
    sandbox.set_clock("2026-05-25T10:45:00+08:00")
    asked = {"order_by": "update_time", "order_asc": True, "size": 10}
    before = shop_search(sandbox, page=1, **asked)
    sandbox.fault("/douyin_shop/order/searchList", "page_shift")
    after = shop_search(sandbox, page=1, **asked)

    assert after["shop_order_list"][:9] == before["shop_order_list"][1:]
    assert int(after["total"]) == int(before["total"]) - 1


def test_calls_are_logged_with_platform_account_and_status(sandbox, token):
    fans(sandbox, token)
    sandbox.fault(f"/douyin{FANS}", "http_500")
    fans(sandbox, token)
    wechat_days(sandbox, "getusersummary", "2026-04-15", "2026-04-15")
    shop_search(sandbox)

    calls = [(call["platform"], call["account"], call["status"]) for call in sandbox.calls()]
    assert calls == [
        ("douyin", None, 200),
        ("douyin", "douyin_acme", 200),
        ("douyin", "douyin_acme", 500),
        ("wechat", None, 200),
        ("wechat", "wechat_acme", 200),
        ("douyin_shop", "douyin_shop_main", 200),
        ("douyin_shop", "douyin_shop_main", 200),
    ]
    assert {call["at"] for call in sandbox.calls()} == {"2026-04-16T02:45:00+00:00"}


def test_health_tells_world_and_virtual_time(sandbox):
    sandbox.set_clock("2026-05-01T00:00:00+08:00")
    answer = requests.get(f"{sandbox.base_url}/_sandbox/health", timeout=5)

    assert answer.json() == {"world": "launch", "now": "2026-04-30T16:00:00+00:00"}


def test_an_unknown_limit_is_refused(sandbox):
    url = f"{sandbox.base_url}/_sandbox/limits"

    assert requests.post(url, json={"calls_per_year": 1}, timeout=5).status_code == 400
