"""Xiaohongshu Ark through the real runtime, and its rows in the unions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.shop_site import built_unions, landed_rows, read_shop, shop_account
from tests.warehouse_fixture import query

ACCOUNT = shop_account("xiaohongshu_shop", "seller-acme")
PATH = "/xiaohongshu_shop/ark/"
FACTS = ("updateTime", "userId", "totalPayAmount", "skuList")


def read(sandbox, since="2026-04-14", **more):
    return read_shop(sandbox, ACCOUNT, since, "2026-04-15", lookback=False, **more)


def facts(sandbox):
    rows = landed_rows(sandbox, "xiaohongshu_shop", "orders")
    return {row["orderId"]: tuple(row[name] for name in FACTS) for row in rows}


def test_two_days_are_read_whole_and_a_second_reading_changes_nothing(sandbox):
    report = read(sandbox)
    first = facts(sandbox)
    again = read(sandbox)

    assert report.error() is None and again.error() is None
    assert [(x.stream, x.drift, x.quarantined) for x in report.landed] == [
        ("orders", [], 0),
        ("after_sales", [], 0),
    ]
    # the evening, both sides of midnight, the unpaid one, two whose after-sale ended
    assert len(first) == 105 + 2 + 1 + 2
    assert facts(sandbox) == first
    # 105 orders of 100.00 and one fen more each; the unpaid one has paid nothing
    assert sum(row[2] for row in first.values()) == 105 * 10_000 + 5460 + 6600 + 7700 + 2 * 9900
    refunds = landed_rows(sandbox, "xiaohongshu_shop", "after_sales")
    money = [(row["refundStatus"], row["refundAmountYuan"], row["dt"]) for row in refunds]
    assert sorted(money) == [
        (0, Decimal("0.00"), date(2026, 4, 15)),
        (2, Decimal("30.00"), date(2026, 4, 15)),
    ]


@pytest.mark.parametrize("kind", ["http_500", "truncated", "html_502", "empty_object"])
def test_a_fault_in_passing_loses_no_order(sandbox, kind):
    sandbox.fault(PATH, kind)

    report = read(sandbox, "2026-04-15", streams=["orders"])

    assert report.error() is None
    assert len(facts(sandbox)) == 109


def test_a_refusal_fails_the_days_and_lands_nothing(sandbox):
    sandbox.fault(PATH, "error_code:-2000400", None)

    report = read(sandbox, streams=["orders"])

    assert type(report.error()).__name__ == "ApiChanged"
    assert {record.status for _, record in report.slices()} == {"failed"}


def at(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def order(order_id, status, kind=1, paid_at="2026-05-02T00:00:00"):
    line = {"skuId": "s", "skuName": "杯子", "skuQuantity": 1, "totalPaidAmount": 4000}
    moments = {"createdTime": at("2026-05-01T23:59:59"), "updateTime": at("2026-05-03T00:00:00")}
    base = {"account_key": ACCOUNT.key, "orderId": order_id, "orderStatus": status}
    money = {"totalPayAmount": 8850, "totalShippingFree": 850, "skuList": [line, line]}
    told = {"orderType": kind, "userId": "k1:aa", "paidTime": paid_at and at(paid_at)}
    return {**base, **moments, **money, **told, "dt": date(2026, 5, 3)}


def after_sale(returns_id, refund_status, skus=("s",)):
    return {
        **{"account_key": ACCOUNT.key, "returnsId": returns_id, "orderId": "sold", "status": 4},
        **{"refundStatus": refund_status, "refundAmountYuan": Decimal("19.99")},
        **{"updatedAt": at("2026-05-04T00:00:00"), "skus": [{"skuId": sku} for sku in skus]},
        "dt": date(2026, 5, 4),
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    rows = {
        "xiaohongshu_shop__orders": [
            order("cancelled", 9),
            order("closed", 8),
            order("exchanged", 7, kind=5),
            order("presale", 4, kind=2),
            order("sold", 7),
            order("unpaid", 1, paid_at=None),
        ],
        "xiaohongshu_shop__after_sales": [
            after_sale("exchange", 0),
            after_sale("r1", 2),
            after_sale("r2", 2, ("s", "t")),
        ],
    }
    return built_unions(tmp_path_factory.mktemp("dbt"), ACCOUNT, rows)


def test_sales_are_paid_orders_that_are_no_exchange(built):
    found = query(
        built,
        "select order_id, paid_cny, created_on, paid_on, units, buyer_key, status"
        " from intermediate.int_order_union order by order_id",
    )

    first, second, nothing = date(2026, 5, 1), date(2026, 5, 2), Decimal("0.00")
    whole = Decimal("80.00")
    assert found == [
        ("cancelled", nothing, first, None, 2, "k1:aa", "cancelled"),
        ("closed", nothing, first, None, 2, "k1:aa", "cancelled"),
        ("exchanged", nothing, first, None, 2, "k1:aa", "finished"),
        ("presale", whole, first, second, 2, "k1:aa", "preparing"),
        ("sold", whole, first, second, 2, "k1:aa", "finished"),
        ("unpaid", nothing, first, None, 2, "k1:aa", "unpaid"),
    ]


def test_lines_of_one_sku_are_one_line_and_an_exchange_has_none(built):
    found = query(
        built,
        "select line_key, product_key, content_platform, units, pay_cny"
        " from intermediate.int_order_line_union"
        " where order_key like '%/sold' or order_key like '%/exchanged'",
    )

    key = "xiaohongshu_shop_main/sold/s"
    assert found == [(key, "xiaohongshu_shop/s", None, 2, Decimal("80.00"))]


def test_yuan_that_went_back_are_refunds_and_exchanges_are_not(built):
    found = query(
        built,
        "select refund_key, line_key, refund_cny, refunded_on, is_of_paid_order"
        " from intermediate.int_refund_union order by refund_key",
    )

    line, day = "xiaohongshu_shop_main/sold/s", date(2026, 5, 4)
    assert found == [
        ("xiaohongshu_shop_main/r1", line, Decimal("19.99"), day, True),
        ("xiaohongshu_shop_main/r2", None, Decimal("19.99"), day, True),
    ]
