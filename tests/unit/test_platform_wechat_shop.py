from datetime import date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.model import Window
from extractors.platforms.wechat_shop import PLATFORM
from extractors.platforms.wechat_shop.connection import read_envelope
from tests.fake_api import FakeApi
from tests.shop_site import shop_account
from tidemark.clock import SHANGHAI

ACCOUNT = shop_account("wechat_shop", "wx-shop-acme")
NOW = datetime(2026, 4, 16, 9, 0, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
OLDER = Window(date(2026, 4, 13), date(2026, 4, 14))
SINCE = int(datetime(2026, 4, 15, tzinfo=SHANGHAI).timestamp())
LIST, GET = "/channels/ec/order/list/get", "/channels/ec/order/get"
REFUNDS = "/channels/ec/aftersale/getaftersalelist"
REFUND = "/channels/ec/aftersale/getaftersaleorder"


def order(order_id, created=SINCE - 432_000):
    detail = {"product_infos": [], "delivery_info": {"address_info": {"user_name": "张三"}}}
    return {"order_id": order_id, "create_time": created, "order_detail": detail}


def ids(*found, more=False, key="K"):
    return {"errcode": 0, "order_id_list": list(found), "has_more": more, "next_key": key}


def read(pages, window=DAY, detail=lambda asked: {"order": order(asked["order_id"])}):
    answers = iter(pages)
    api = FakeApi(ACCOUNT, NOW, {LIST: lambda asked: next(answers), GET: detail})
    return list(PLATFORM.stream("orders").read(api, ACCOUNT, window)), api


def test_every_page_is_asked_with_the_same_parameters_but_the_key():
    rows, api = read([ids("1", "2", more=True, key="A"), ids("2", "3")], OLDER)

    span = {"start_time": SINCE - 2 * 86_400, "end_time": SINCE - 1}
    same = {"update_time_range": span, "page_size": 100}
    assert api.asked(LIST) == [{**same, "next_key": ""}, {**same, "next_key": "A"}]
    assert [row["order_id"] for row in rows] == ["1", "2", "3"]
    assert api.asked(GET) == [{"order_id": "1"}, {"order_id": "2"}, {"order_id": "3"}]


def test_the_newest_day_is_read_up_to_now_without_the_orders_of_today():
    today = SINCE + 86_400
    _, api = read([ids()])

    rows, _ = read(
        [ids("1", "2")],
        detail=lambda asked: {
            "order": order(asked["order_id"], today - (asked["order_id"] == "1"))
        },
    )

    assert api.asked(LIST)[0]["update_time_range"]["end_time"] == int(NOW.timestamp()) - 60
    assert [row["order_id"] for row in rows] == ["1"]


def test_no_window_with_its_morning_is_longer_than_seven_days():
    longest = timedelta(days=PLATFORM.stream("orders").max_window_days)
    window = Window(DAY.until - longest + timedelta(days=1), DAY.until)

    _, api = read([ids()], window)

    span = api.asked(LIST)[0]["update_time_range"]
    assert span["end_time"] - span["start_time"] <= 7 * 86_400


def test_a_refused_key_begins_the_listing_anew():
    stale = {"errcode": 606006, "errmsg": "next_key"}

    rows, api = read([ids("1", more=True, key="A"), stale, ids("1", more=True, key="B"), ids("2")])

    assert [call["next_key"] for call in api.asked(LIST)] == ["", "A", "", "B"]
    assert [row["order_id"] for row in rows] == ["1", "2"]


def test_a_key_that_is_always_refused_ends_in_an_error():
    with pytest.raises(errors.Transient, match="next_key was refused"):
        read([{"errcode": 606006}] * 3)


@pytest.mark.parametrize(
    ("pages", "error"),
    [
        ([{"errcode": 0, "has_more": False}], errors.ApiChanged),
        ([{"order_id_list": {}, "has_more": False}], errors.ApiChanged),
        ([{"order_id_list": ["1"]}], errors.ApiChanged),
        ([ids("1", more=True, key="")], errors.ApiChanged),
        ([ids("1", more=True, key="A"), ids("2", more=True, key="A")], errors.ApiChanged),
        ([ids(more=True, key="A")], errors.Transient),
    ],
    ids=["list gone", "an object", "no has_more", "no key", "key stands still", "empty page"],
)
def test_a_listing_that_may_miss_orders_is_an_error(pages, error):
    with pytest.raises(error):
        read(pages)


@pytest.mark.parametrize(
    "answer",
    [{"errcode": 0}, {"order": None}, {"order": order("another")}],
    ids=["gone", "null", "another order"],
)
def test_an_order_that_does_not_come_is_an_error(answer):
    with pytest.raises(errors.ApiChanged):
        read([ids("1")], detail=lambda asked: answer)


def test_odd_orders_are_left_to_quarantine():
    rows, _ = read([ids(["no id"], "1")], detail=lambda asked: {"order": "odd"})

    assert rows == [["no id"], "odd"]


def test_who_bought_never_leaves_the_reader():
    rows, _ = read([ids("1")])

    assert rows[0]["order_detail"]["delivery_info"] is None
    assert "张三" not in str(rows)


def test_after_sales_are_listed_by_create_time_a_day_at_a_time():
    listed = {"after_sale_order_id_list": ["r"], "has_more": False}
    detail = {"after_sale_order": {"after_sale_order_id": "r"}}
    api = FakeApi(ACCOUNT, NOW, {REFUNDS: lambda asked: listed, REFUND: lambda asked: detail})

    rows = list(PLATFORM.stream("after_sales").read(api, ACCOUNT, OLDER))

    assert [(c["begin_create_time"], c["end_create_time"]) for c in api.asked(REFUNDS)] == [
        (SINCE - 172_800, SINCE - 86_401),
        (SINCE - 86_400, SINCE - 1),
    ]
    assert rows == [detail["after_sale_order"]] * 2


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *((code, "TokenExpired") for code in (40001, 40014, 42001)),
        *((code, "AuthError") for code in (40013, 40125, 40164, 45035, 61004)),
        (48001, "NotOffered"),
        (45009, "QuotaExhausted"),
        (45011, "RateLimited"),
        (-1, "Transient"),
        *((code, "ApiChanged") for code in (41001, 47001, 123456)),
    ],
)
def test_every_code_has_its_error(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, {"errcode": code, "errmsg": "said"})

    assert type(caught.value).__name__ == name
    assert f"{code} (said)" in str(caught.value)


@pytest.mark.parametrize("body", [[], None, "ok", {"errcode": "no"}])
def test_an_answer_of_another_shape_is_an_error(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)
