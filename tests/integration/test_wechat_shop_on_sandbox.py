"""WeChat Shop through the real runtime, and its rows in the unions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.shop_site import built_unions, landed_rows, read_shop, shop_account
from tests.warehouse_fixture import query

ACCOUNT = shop_account("wechat_shop", "wx-shop-acme")
MORNING = ("2026-04-14", "2026-04-15")
LIST = "/wechat_shop/channels/ec/order/list/get"


def read(sandbox, **more):
    return read_shop(sandbox, ACCOUNT, *MORNING, lookback=False, **more)


def orders_of(sandbox):
    return {row["order_id"]: row for row in landed_rows(sandbox, "wechat_shop", "orders")}


def test_two_days_are_read_whole_and_a_second_reading_changes_nothing(sandbox):
    report = read(sandbox)
    first = orders_of(sandbox)
    again = read(sandbox)

    assert report.error() is None and again.error() is None
    assert [(x.stream, x.drift, x.quarantined) for x in report.landed] == [
        ("orders", [], 0),
        ("after_sales", [], 0),
    ]
    # the evening, both sides of midnight, the unpaid one, two whose after-sale ended
    assert len(first) == 105 + 2 + 1 + 2
    assert {
        key: (row["dt"], row["update_time"], row["openid"], row["order_detail"])
        for key, row in orders_of(sandbox).items()
    } == {
        key: (row["dt"], row["update_time"], row["openid"], row["order_detail"])
        for key, row in first.items()
    }
    edges = [
        row
        for row in first.values()
        if row["order_detail"]["price_info"]["order_price"] in (6600, 7700)
    ]
    assert sorted(row["dt"] for row in edges) == [date(2026, 4, 14), date(2026, 4, 15)]


def test_a_refund_that_is_settled_later_is_seen_when_its_day_is_read_again(sandbox):
    sandbox.set_clock("2026-04-15T10:00:00+08:00")
    read_shop(sandbox, ACCOUNT, "2026-04-14", "2026-04-14", streams=["after_sales"])
    before = landed_rows(sandbox, "wechat_shop", "after_sales")
    sandbox.set_clock("2026-04-16T10:00:00+08:00")
    read_shop(sandbox, ACCOUNT, "2026-04-15", "2026-04-15", streams=["after_sales"])
    after = landed_rows(sandbox, "wechat_shop", "after_sales")

    assert {row["status"] for row in before} == {"MERCHANT_PROCESSING"}
    assert {row["status"] for row in after} == {"MERCHANT_REFUND_SUCCESS", "USER_CANCELD"}


@pytest.mark.parametrize("kind", ["expire_token", "error_code:606006", "http_500", "truncated"])
def test_a_fault_in_passing_loses_no_order(sandbox, kind):
    sandbox.fault(LIST, kind)

    report = read(sandbox, streams=["orders"])

    assert report.error() is None
    assert len(orders_of(sandbox)) == 110


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("quota", "QuotaExhausted"),
        ("error_code:61004", "AuthError"),
        ("error_code:7", "ApiChanged"),
    ],
)
def test_a_lasting_fault_fails_the_days_of_its_stream_only(sandbox, kind, name):
    sandbox.fault(LIST, kind, None)

    report = read(sandbox, streams=["orders"])

    assert type(report.error()).__name__ == name
    assert {record.status for _, record in report.slices()} == {"failed"}


def at(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def order(order_id, status, pay_info, created="2026-05-01T23:59:59"):
    line = {"product_id": "p", "sku_id": "s", "title": "杯子", "sku_cnt": 1, "real_price": 4000}
    detail = {"product_infos": [line, line], "pay_info": pay_info}
    detail |= {"price_info": {"order_price": 8050, "freight": 50}}
    detail |= {"ext_info": {"live_id": "export/room", "finder_id": "f"}}
    moments = {"create_time": at(created), "update_time": at("2026-05-03T00:00:00")}
    base = {"account_key": ACCOUNT.key, "order_id": order_id, "status": status, "openid": "k1:aa"}
    return {**base, **moments, "order_detail": detail, "dt": date(2026, 5, 3)}


def after_sale(refund_id, status, order_id="went_back"):
    return {
        **{"account_key": ACCOUNT.key, "after_sale_order_id": refund_id, "order_id": order_id},
        **{"status": status, "create_time": at("2026-05-03T10:00:00")},
        **{"update_time": at("2026-05-04T00:00:00"), "refund_info": {"amount": 1999}},
        **{"product_info": {"product_id": "p", "sku_id": "s"}, "dt": date(2026, 5, 3)},
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    paid = {"pay_time": at("2026-05-02T00:00:00"), "transaction_id": "t"}
    rows = {
        "wechat_shop__orders": [
            order("went_back", 10, paid),
            order("no_time", 20, {"transaction_id": "t"}),
            order("unpaid", 10, {"transaction_id": ""}),
            order("cancelled", 250, paid),
            order("all_given_back", 200, paid),
        ],
        "wechat_shop__after_sales": [
            after_sale("r1", "MERCHANT_REFUND_SUCCESS"),
            after_sale("r2", "MERCHANT_RETURN_SUCCESS"),
            after_sale("r3", "USER_CANCELD"),
        ],
    }
    return built_unions(tmp_path_factory.mktemp("dbt"), ACCOUNT, rows)


def test_the_payment_decides_what_is_paid_and_not_the_status(built):
    found = query(
        built,
        "select order_id, paid_cny, created_on, paid_on, units, buyer_key, status"
        " from intermediate.int_order_union order by order_id",
    )

    first, second, nothing = date(2026, 5, 1), date(2026, 5, 2), Decimal("0.00")
    whole = Decimal("80.00")
    assert found == [
        ("all_given_back", whole, first, second, 2, "k1:aa", "refunded"),
        ("cancelled", nothing, first, None, 2, "k1:aa", "cancelled"),
        ("no_time", whole, first, first, 2, "k1:aa", "preparing"),
        ("unpaid", nothing, first, None, 2, "k1:aa", "unpaid"),
        ("went_back", whole, first, second, 2, "k1:aa", "unpaid"),
    ]


def test_lines_of_one_sku_are_one_line_with_its_room(built):
    found = query(
        built,
        "select line_key, product_key, content_platform, author_id, room_id, units, pay_cny"
        " from intermediate.int_order_line_union where order_key like '%/went_back'",
    )

    key = "wechat_shop_main/went_back/p-s"
    figures = (2, Decimal("80.00"))
    assert found == [(key, "wechat_shop/p", "wechat_channels", "f", "export/room", *figures)]


def test_money_went_back_in_two_statuses(built):
    found = query(
        built,
        "select refund_key, line_key, refund_cny, refunded_on, is_of_paid_order"
        " from intermediate.int_refund_union order by refund_key",
    )

    line, day = "wechat_shop_main/went_back/p-s", date(2026, 5, 4)
    assert found == [
        ("wechat_shop_main/r1", line, Decimal("19.99"), day, True),
        ("wechat_shop_main/r2", line, Decimal("19.99"), day, True),
    ]
