"""Youzan through the real runtime, and its rows in the unions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.shop_site import built_unions, landed_rows, read_shop, shop_account
from tests.warehouse_fixture import query

ACCOUNT = shop_account("youzan", "90010001")
PATH = "/youzan/api/youzan.trades.sold.get/4.0.4"
FACTS = ("dt", "update_time", "yz_open_id", "payment", "orders")


def read(sandbox):
    return read_shop(sandbox, ACCOUNT, "2026-04-14", "2026-04-15", lookback=False)


def facts(sandbox):
    rows = landed_rows(sandbox, "youzan", "trades")
    return {row["tid"]: tuple(row[name] for name in FACTS) for row in rows}


def test_two_days_are_read_whole_and_a_second_reading_changes_nothing(sandbox):
    report = read(sandbox)
    first = facts(sandbox)
    again = read(sandbox)

    assert report.error() is None and again.error() is None
    assert [(x.drift, x.quarantined) for x in report.landed] == [([], 0)]
    # the evening, both sides of midnight, the unpaid one, two that changed
    assert len(first) == 105 + 2 + 1 + 2
    assert facts(sandbox) == first
    edges = [(row[0], row[3]) for row in first.values() if row[3] in (Decimal(66), Decimal(77))]
    assert sorted(edges) == [
        (date(2026, 4, 14), Decimal("66.00")),
        (date(2026, 4, 15), Decimal("77.00")),
    ]


@pytest.mark.parametrize("kind", ["expire_token", "http_500", "truncated", "html_502"])
def test_a_fault_in_passing_loses_no_trade(sandbox, kind):
    sandbox.fault(PATH, kind)

    report = read(sandbox)

    assert report.error() is None
    assert len(facts(sandbox)) == 110


def test_a_trade_that_leaves_the_window_while_paging_hides_no_other(sandbox):
    read(sandbox)
    whole = facts(sandbox).keys()
    sandbox.fault(PATH, "page_shift", 3)

    report = read(sandbox)

    assert report.error() is None
    assert facts(sandbox).keys() == whole


@pytest.mark.parametrize(
    ("kind", "name"),
    [("error_code:4201", "AuthError"), ("error_code:106000001", "ApiChanged")],
)
def test_a_lasting_fault_fails_the_days(sandbox, kind, name):
    sandbox.fault(PATH, kind, None)

    report = read(sandbox)

    assert type(report.error()).__name__ == name
    assert {record.status for _, record in report.slices()} == {"failed"}


def at(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def trade(tid, status, pay_time, **fields):
    item = {"item_id": "i", "title": "杯子", "num": 2, "payment": Decimal("80.00")}
    lines = [{**item, "oid": f"{tid}-1"}, {**item, "oid": f"{tid}-2", "payment": Decimal("0.00")}]
    moments = {"created": at("2026-05-01T23:59:59"), "update_time": at("2026-05-03T00:00:00")}
    base = {"account_key": ACCOUNT.key, "tid": tid, "status": status, "yz_open_id": "k1:aa"}
    money = {"payment": Decimal("88.50"), "post_fee": Decimal("8.50"), "orders": lines}
    return {**base, **moments, **money, "pay_time": pay_time, "dt": date(2026, 5, 3), **fields}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    paid_at = at("2026-05-02T00:00:00")
    rows = [
        trade("closed", "TRADE_CLOSED", paid_at),
        trade("done", "TRADE_SUCCESS", paid_at),
        trade("marked", "WAIT_SELLER_SEND_GOODS", None, is_payed=True),
        trade("unmarked", "WAIT_SELLER_SEND_GOODS", None),
        trade("waiting", "WAIT_BUYER_PAY", None),
    ]
    return built_unions(tmp_path_factory.mktemp("dbt"), ACCOUNT, {"youzan__trades": rows})


def test_paid_trades_count_what_the_buyer_paid_for_goods(built):
    found = query(
        built,
        "select order_id, paid_cny, created_on, paid_on, units, buyer_key, status"
        " from intermediate.int_order_union order by order_id",
    )

    first, second, nothing = date(2026, 5, 1), date(2026, 5, 2), Decimal("0.00")
    assert found == [
        ("closed", nothing, first, None, 4, "k1:aa", "cancelled"),
        ("done", Decimal("80.00"), first, second, 4, "k1:aa", "finished"),
        ("marked", Decimal("80.00"), first, first, 4, "k1:aa", "preparing"),
        ("unmarked", nothing, first, None, 4, "k1:aa", "preparing"),
        ("waiting", nothing, first, None, 4, "k1:aa", "unpaid"),
    ]


def test_lines_come_with_their_money_and_without_a_post(built):
    found = query(
        built,
        "select line_key, product_key, content_platform, room_id, units, pay_cny"
        " from intermediate.int_order_line_union where order_key like '%/done' order by line_key",
    )

    assert found == [
        ("youzan_main/done/done-1", "youzan/i", None, None, 2, Decimal("80.00")),
        ("youzan_main/done/done-2", "youzan/i", None, None, 2, Decimal("0.00")),
    ]
