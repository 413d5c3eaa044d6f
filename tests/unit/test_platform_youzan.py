from datetime import UTC, date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.model import Call, Credential, Token, Window
from extractors.platforms.youzan import PLATFORM
from extractors.platforms.youzan.connection import authorize, fetch_token, read_envelope
from extractors.platforms.youzan.streams import TRADES, whole_pairs
from tests.fake_api import FakeApi
from tests.shop_site import shop_account
from tidemark.clock import SHANGHAI

ACCOUNT = shop_account("youzan", "90010001")
NOW = datetime(2026, 4, 16, 9, 0, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
OLDER = Window(date(2026, 4, 13), date(2026, 4, 14))
SHOP = Credential("c", "client", "secret", extra={"grant_id": "90010001"})


def trade(tid, created="2026-04-12 10:00:00", **parts):
    info = {"tid": tid, "created": created, "order_tags": {"is_payed": True}}
    return {"full_order_info": {"order_info": info, "orders": [], **parts}}


def page(rows, total=None):
    found = len(rows) if total is None else total
    return {"total_results": found, "full_order_info_list": rows}


def read(answer, window=OLDER):
    api = FakeApi(ACCOUNT, NOW, {TRADES: answer})
    return list(PLATFORM.stream("trades").read(api, ACCOUNT, window)), api


def test_days_are_asked_by_a_whole_pair_of_update_times():
    _, api = read(lambda asked: page([]))

    span = {"start_update": "2026-04-13 00:00:00", "end_update": "2026-04-14 23:59:59"}
    assert api.calls == [(TRADES, {**span, "page_size": 100, "page_no": 1})]


def test_the_newest_day_is_read_up_to_a_minute_ago_without_the_trades_of_today():
    rows = [trade("1", "2026-04-15 23:59:59"), trade("2", "2026-04-16 00:00:00")]

    found, api = read(lambda asked: page(rows), DAY)

    assert api.asked(TRADES)[0]["end_update"] == "2026-04-16 08:59:00"
    assert [row["tid"] for row in found] == ["1"]


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"start_update": "2026-04-13 00:00:00"},
        {"end_update": "2026-04-13 00:00:00"},
        {"start_update": "a", "end_update": "b", "end_created": "c"},
        {"start_update": "a", "end_update": ""},
        {"start_created": "a", "end_update": "b"},
    ],
    ids=["none", "start", "end", "another half", "an empty half", "two halves"],
)
def test_a_half_pair_is_never_sent(filters):
    with pytest.raises(errors.ApiChanged, match="come in pairs"):
        whole_pairs(filters)


def test_whole_pairs_are_sent_as_they_are():
    both = {"start_update": "a", "end_update": "b", "start_created": "c", "end_created": "d"}

    assert whole_pairs(both) == both


def shop(found):
    def answer(asked):
        start = (asked["page_no"] - 1) * 100
        return page(found[start : start + 100], len(found))

    return answer


def test_pages_are_read_from_the_last_to_the_first():
    found, api = read(shop([trade(f"{number}") for number in range(250)]))

    assert {row["tid"] for row in found} == {f"{number}" for number in range(250)}
    assert [asked["page_no"] for asked in api.asked(TRADES)] == [1, 3, 2, 1]


def test_a_trade_that_changes_while_paging_hides_no_other():
    there = [trade(f"{number}") for number in range(250)]
    answer = shop(there)

    def changing(asked):
        said = answer(asked)
        del there[0]
        return said

    found, _ = read(changing)

    assert {row["tid"] for row in found} >= {f"{number}" for number in range(4, 250)}


def test_newer_answers_tell_the_total_in_a_paginator():
    rows = [trade("1")]
    answer = {"paginator": {"total_count": 1}, "full_order_info_list": rows}

    found, _ = read(lambda asked: answer)

    assert [row["tid"] for row in found] == ["1"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"total_results": 0}, errors.ApiChanged),
        ({"total_results": 1, "full_order_info_list": {}}, errors.ApiChanged),
        ({"full_order_info_list": []}, errors.ApiChanged),
        ({"total_results": "many", "full_order_info_list": []}, errors.ApiChanged),
        (page([], 1), errors.Transient),
        (page([trade("1"), trade("1")], 2), errors.Transient),
        (page([trade("1")], 150), errors.Transient),
    ],
    ids=["list gone", "an object", "no total", "odd total", "too few", "twice", "half a page"],
)
def test_a_page_that_may_miss_trades_is_an_error(answer, error):
    with pytest.raises(error):
        read(lambda asked: answer)


def test_a_row_is_flat_and_who_bought_never_leaves_the_reader():
    sealed = {"address_info": {"receiver_name": "张三"}, "remark_info": {"buyer_memo": "电话"}}
    money = {"pay_info": {"payment": "99.00", "transaction": ["42000"]}}
    item = trade("1", buyer_info={"yz_open_id": "b", "buyer_phone": "138"}, **sealed, **money)

    (row,), _ = read(lambda asked: page([item]))

    landed = {name: value for name, value in row.items() if value is not None}
    assert landed == {
        **{"tid": "1", "created": "2026-04-12 10:00:00", "is_payed": True, "orders": []},
        **{"yz_open_id": "b", "payment": "99.00"},
    }
    assert {"address_info", "buyer_phone"} <= row.keys()


@pytest.mark.parametrize(
    "item",
    ["odd", {"full_order_info": "odd"}, {"full_order_info": None}, trade("1", pay_info="odd")],
    ids=["text", "inner text", "null", "odd part"],
)
def test_an_odd_trade_is_left_to_quarantine(item):
    found, _ = read(lambda asked: page([item, trade("2")]))

    assert len(found) == 2
    assert found[0] in ("odd", None) or found[0]["orders"] == "pay_info is no object"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"code": 4201, "success": False, "message": "非法的请求凭证"}, "TokenExpired"),
        (
            {
                **{"code": 106000001, "success": False, "message": "m"},
                "data": {"full_order_info_list": []},
            },
            "ApiChanged",
        ),
        ({"code": 777, "success": False, "message": "m"}, "ApiChanged"),
        ({"code": 200, "success": False, "data": {}}, "ApiChanged"),
        ({"code": 200, "data": {}}, "ApiChanged"),
        ({"success": True, "data": {}}, "ApiChanged"),
        ({"code": 200, "success": True}, "ApiChanged"),
        ({"code": 200, "success": True, "data": []}, "ApiChanged"),
        ([], "ApiChanged"),
    ],
    ids=[
        *("token", "over a year", "unknown", "no success", "success unsaid", "no code"),
        *("no data", "list as data", "a list"),
    ],
)
def test_whatever_is_no_success_is_an_error_and_not_zero_trades(body, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, body)

    assert type(caught.value).__name__ == name


def test_success_is_its_data():
    assert read_envelope(200, {}, {"code": "200", "success": True, "data": {"a": 1}}) == {"a": 1}


def test_the_token_stands_in_the_query_and_not_in_its_own_call():
    prepared = authorize(Call("POST", TRADES, json={"page_no": 1}), SHOP, Token("T", NOW), NOW)
    own = authorize(Call("POST", "/auth/token", authorised=False), SHOP, Token("T", NOW), NOW)

    assert prepared.params == {"access_token": "T"}
    assert prepared.body == b'{"page_no": 1}'
    assert own.params == {}


@pytest.mark.parametrize(
    ("expires", "until"),
    [
        (1776304800000, datetime(2026, 4, 16, 2, tzinfo=UTC)),
        (None, NOW + timedelta(hours=1)),
        (604800, NOW + timedelta(hours=1)),
    ],
    ids=["milliseconds", "unsaid", "no moment"],
)
def test_a_token_lives_as_long_as_is_said_or_an_hour(expires, until):
    sent = []

    def send(call):
        sent.append((call.path, call.json, call.authorised))
        return {"access_token": "T", "expires": expires}

    token = fetch_token(send, SHOP, None, NOW)

    app = {"client_id": "client", "client_secret": "secret", "grant_id": "90010001"}
    assert sent == [("/auth/token", {**app, "authorize_type": "silent", "refresh": False}, False)]
    assert token.expires_at == until
