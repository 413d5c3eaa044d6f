import json
from datetime import UTC, date, datetime

import pytest

from extractors.core import errors
from extractors.core.model import Call, Credential, Token, Window
from extractors.platforms.xiaohongshu_shop import PLATFORM
from extractors.platforms.xiaohongshu_shop.connection import (
    authorize,
    fetch_token,
    read_envelope,
    signature,
)
from tests.fake_api import FakeApi
from tests.shop_site import shop_account
from tidemark.clock import SHANGHAI

ACCOUNT = shop_account("xiaohongshu_shop", "seller-acme")
NOW = datetime(2026, 4, 16, 9, 0, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
OLDER = Window(date(2026, 4, 14), date(2026, 4, 14))
SINCE = int(datetime(2026, 4, 14, tzinfo=SHANGHAI).timestamp())
LIST, GET = "/order.getOrderList", "/order.getOrderDetail"
REFUNDS, REFUND = "/afterSale.listAfterSaleInfos", "/afterSale.getAfterSaleInfo"
SHOP = Credential("c", "wire_app_id", "wire_app_secret", extra={"code": "CODE"})
SIGN = "699b024fa25d0a0043acb4ab940b02cf"


def page(rows, total=None, pages=None):
    found = len(rows) if total is None else total
    last = -(-found // 100) if pages is None else pages
    return {"total": found, "maxPageNo": last, "orderList": rows}


def order(number, created=SINCE * 1000):
    return {"orderId": f"P{number}", "createdTime": created, "userId": "u"}


def first_half_hour(answer):
    """Answer the first half hour of the day; the others hold nothing."""
    return lambda asked: answer(asked) if asked["startTime"] == SINCE else page([])


def detail(asked):
    return {"orderId": asked["orderId"], "totalPayAmount": 8850, "receiverName": "张三"}


def read(answer, window=OLDER, get=detail):
    api = FakeApi(ACCOUNT, NOW, {LIST: answer, GET: get})
    return list(PLATFORM.stream("orders").read(api, ACCOUNT, window)), api


def test_the_signature_is_the_known_answer():
    assert signature("wire_app_id", "wire_app_secret", "order.getOrderList", "1612518379") == SIGN


def test_everything_stands_flat_in_the_body():
    now = datetime.fromtimestamp(1612518379, UTC)

    prepared = authorize(Call("POST", LIST, json={"pageNo": 1}), SHOP, Token("T", now), now)

    assert (prepared.method, prepared.params) == ("POST", {})
    assert prepared.path == "/ark/open_api/v3/common_controller"
    assert json.loads(prepared.body) == {
        **{"appId": "wire_app_id", "method": "order.getOrderList", "version": "2.0"},
        **{"timestamp": "1612518379", "sign": SIGN, "accessToken": "T", "pageNo": 1},
    }


@pytest.mark.parametrize(
    ("extra", "known", "path", "body"),
    [
        ({"code": "CODE"}, None, "/oauth.getAccessToken", {"code": "CODE"}),
        ({"refresh_token": "R0"}, None, "/oauth.refreshToken", {"refreshToken": "R0"}),
        ({"code": "CODE"}, "R1", "/oauth.refreshToken", {"refreshToken": "R1"}),
    ],
    ids=["first", "given", "later"],
)
def test_a_token_comes_for_the_code_once_and_then_by_itself(extra, known, path, body):
    sent = []

    def send(call):
        sent.append((call.path, call.json, call.authorised))
        ends = {"accessTokenExpiresAt": 1776304800000, "refreshTokenExpiresAt": "1776909600000"}
        return {"accessToken": "T", "refreshToken": "R", **ends}

    old = Token("old", NOW, known) if known else None
    token = fetch_token(send, Credential("c", "a", "s", extra=extra), old, NOW)

    assert sent == [(path, body, False)]
    assert token.expires_at == datetime(2026, 4, 16, 2, tzinfo=UTC)
    assert token.refresh_expires_at == datetime(2026, 4, 23, 2, tzinfo=UTC)


def test_without_consent_there_is_no_token():
    with pytest.raises(errors.AuthError, match="refresh_token"):
        fetch_token(lambda call: None, Credential("c", "a", "s"), None, NOW)


def test_a_day_is_48_half_hours_that_share_their_edges():
    _, api = read(lambda asked: page([]))

    spans = [(asked["startTime"], asked["endTime"]) for asked in api.asked(LIST)]
    assert spans == [(SINCE + n * 1800, SINCE + (n + 1) * 1800) for n in range(48)]
    assert {asked["timeType"] for asked in api.asked(LIST)} == {2}


def test_the_newest_day_is_read_up_to_a_minute_ago_without_the_orders_of_today():
    midnight = (SINCE + 2 * 86_400) * 1000
    rows = [order(1, midnight - 1000), order(2, midnight)]

    found, api = read(lambda asked: page(rows), DAY)

    assert api.asked(LIST)[-1]["endTime"] == int(NOW.timestamp()) - 60
    assert [row["orderId"] for row in found] == ["P1"]
    assert api.asked(GET) == [{"orderId": "P1"}]


def test_what_two_half_hours_show_is_read_once():
    found, api = read(lambda asked: page([order(1)]))

    assert len(found) == len(api.asked(GET)) == 1


def test_the_paid_amount_comes_with_the_detail_and_people_do_not():
    (row,), _ = read(first_half_hour(lambda asked: page([order(1)])))

    assert row == {
        **{"orderId": "P1", "createdTime": SINCE * 1000, "userId": "u"},
        **{"totalPayAmount": 8850, "receiverName": None},
    }


def test_pages_are_read_from_the_last_to_the_first_and_hide_nothing():
    there = [order(number) for number in range(250)]

    def changing(asked):
        start = (asked["pageNo"] - 1) * 100
        said = page(there[start : start + 100], len(there))
        del there[0]  # it leaves the window: changed just now
        return said

    found, api = read(first_half_hour(changing))

    assert [asked["pageNo"] for asked in api.asked(LIST)[:4]] == [1, 3, 2, 1]
    assert {row["orderId"] for row in found} >= {f"P{number}" for number in range(4, 250)}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"total": 0, "maxPageNo": 0}, errors.ApiChanged),
        ({"total": 1, "maxPageNo": 1, "orderList": {}}, errors.ApiChanged),
        ({"maxPageNo": 1, "orderList": []}, errors.ApiChanged),
        ({"total": 1, "orderList": []}, errors.ApiChanged),
        (page([order(1)], 101, 1), errors.ApiChanged),
        (page([order(1)], 10_001), errors.ApiChanged),
        (page([], 1), errors.Transient),
        (page([order(1), order(1)], 2), errors.Transient),
    ],
    ids=[
        *("list gone", "an object", "no total", "no pages", "pages too few", "too deep"),
        *("too few", "twice"),
    ],
)
def test_a_page_that_may_miss_orders_is_an_error(answer, error):
    with pytest.raises(error):
        read(lambda asked: answer)


@pytest.mark.parametrize("answer", [{}, {"orderId": "P2"}], ids=["nothing", "another order"])
def test_a_detail_that_does_not_come_is_an_error(answer):
    with pytest.raises(errors.ApiChanged):
        read(first_half_hour(lambda asked: page([order(1)])), get=lambda asked: answer)


def test_odd_rows_are_left_to_quarantine():
    rows = ["odd", {"receiverName": "张三"}, order(1)]

    found, _ = read(first_half_hour(lambda asked: page(rows)))

    assert found[:2] == ["odd", {"receiverName": None}]
    assert found[2]["orderId"] == "P1"


def test_an_after_sale_is_told_by_its_detail():
    listed = {"returnsId": "R1", "orderId": "P1", "expectedRefundAmountYuan": 30.0}
    inner = {"returnsId": "R1", "refundStatus": 2, "refundAmountYuan": 19.99}

    def answer(asked):
        rows = [listed] if asked["startTime"] == SINCE else []
        return {"totalCount": len(rows), "maxPageNo": len(rows), "afterSaleBasicInfos": rows}

    told = {"afterSaleInfo": {**inner, "return_address": {"name": "张三"}}}
    api = FakeApi(ACCOUNT, NOW, {REFUNDS: answer, REFUND: lambda asked: told})

    found = list(PLATFORM.stream("after_sales").read(api, ACCOUNT, OLDER))

    assert found == [{**listed, **inner, "return_address": None}]
    assert len(api.asked(REFUNDS)) == 48


def envelope(data, **changes):
    return {"error_code": 0, "error_msg": "", "success": True, "data": data, **changes}


@pytest.mark.parametrize(
    "data",
    [{"a": 1}, {"success": True, "code": 0, "data": {"a": 1}}, {"success": True, "data": {"a": 1}}],
    ids=["plain", "nested", "nested without code"],
)
def test_success_is_the_innermost_data(data):
    assert read_envelope(200, {}, envelope(data)) == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        envelope({}, error_code=-2000400, success=False),
        envelope({}, error_code=-1),
        envelope({}, success=False),
        envelope({}, success="true"),
        envelope({}, error_code=None),
        {"error_code": 0, "data": {}},
        envelope(None),
        envelope([]),
        envelope({"success": False, "code": 0, "data": {}}),
        envelope({"success": True, "code": 7, "data": {}}),
        envelope({"success": True, "code": 0}),
        {},
        [],
    ],
    ids=[
        *("bad params", "a code", "no success", "text", "null code", "success unsaid"),
        *("no data", "list as data", "inner refusal", "inner code", "no inner data"),
        *("empty", "a list"),
    ],
)
def test_whatever_is_no_success_is_an_error_and_not_zero_orders(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)
