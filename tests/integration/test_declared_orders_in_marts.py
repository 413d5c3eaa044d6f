"""Order lines of a declared export or table in the published orders, lines and refunds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.warehouse_fixture import broken_rules, make_build_db, query, run_dbt

SHOP = "douyin_shop_main"
AS_OF = date(2026, 4, 10)


def at(day, hour=12):
    return datetime(2026, 4, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def line(order, number, created, paid_cny, **more):
    key = {"account_key": SHOP, "dt": date(2026, 4, created), "order_id": order, "line_id": number}
    return {**key, "created_at": at(created), "paid_cny": Decimal(paid_cny), "units": 1, **more}


ROWS = [
    line("a", "1", 1, "80.00", status="finished", buyer_id="k1:x", paid_at=at(2)),
    line("a", "2", 1, "20.00", status="finished", buyer_id="k1:x", paid_at=at(2)),
    line("b", "", 3, "50.00", status="unpaid", buyer_id="k1:y"),
    line("c", "", 3, "50.00", status="cancelled"),
    line("d", "", 4, "30.00", buyer_id="k1:x"),  # a file without status: a sale when it was made
    line("e", "", 5, "60.00", status="shipped", refunded_cny=Decimal("15.00"), refunded_at=at(9)),
    line("f", "", 5, "60.00", status="paid", refunded_cny=Decimal("60.00"), refunded_at=at(20)),
    line("g", "", 20, "70.00", status="paid"),  # after the as-of day
    line("h", "1", 6, "100.00", status="finished"),
    line(
        "h", "2", 6, "50.00", status="cancelled", refunded_cny=Decimal("50.00"), refunded_at=at(9)
    ),
]


@pytest.fixture(scope="module", params=["shop_file", "shop_database"])
def built(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("shop") / "build.duckdb"
    make_build_db(path, {f"{request.param}__orders": ROWS})
    tables = ("fct_order", "fct_order_line", "fct_refund", "dim_account")
    run_dbt(path, "run", *(w for t in tables for w in ("--select", f"+{t}")), as_of=AS_OF)
    return path


def test_orders_are_their_lines_and_only_sales_are_paid(built):
    found = query(
        built,
        "select order_id, paid_on, units, paid_cny, refunded_cny, net_cny from marts.fct_order "
        "order by order_id",
    )

    assert [(*row[:3], *map(float, row[3:])) for row in found] == [
        ("a", date(2026, 4, 2), 2, 100.0, 0.0, 100.0),
        ("b", None, 1, 0.0, 0.0, 0.0),
        ("c", None, 1, 0.0, 0.0, 0.0),
        ("d", date(2026, 4, 4), 1, 30.0, 0.0, 30.0),
        ("e", date(2026, 4, 5), 1, 60.0, 15.0, 45.0),
        ("f", date(2026, 4, 5), 1, 60.0, 0.0, 60.0),
        ("h", date(2026, 4, 6), 2, 100.0, 0.0, 100.0),
    ]


def test_a_refund_stands_on_its_own_day_with_its_line(built):
    found = query(built, "select refunded_on, line_key, refund_cny from marts.fct_refund")

    assert found == [(date(2026, 4, 9), f"{SHOP}/e/", Decimal("15.00"))]


def test_a_line_that_was_not_sold_brings_neither_money_nor_a_refund(built):
    found = query(
        built, "select paid_cny, refunded_cny from marts.fct_order_line where order_key like '%/h'"
    )

    assert sorted(found) == [
        (Decimal("0.00"), Decimal("0.00")),
        (Decimal("100.00"), Decimal("0.00")),
    ]
    assert broken_rules(built, "fct_order", "fct_order_line", "fct_refund") == set()


def test_every_line_of_a_known_order_is_published(built):
    found = query(built, "select count(*) from marts.fct_order_line")

    assert found == [(9,)]
