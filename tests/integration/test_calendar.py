"""Days at their edges through lake, marts and goals: midnights, a leap day, ISO years."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from extractors.core.intake import AccountRead, land
from extractors.core.lake import SliceVerdict, iter_rows, open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import platforms_by_name
from tests.kpi_world import write_config
from tests.warehouse_fixture import days, make_build_db, query, run_dbt, source_days
from tidemark.settings import Settings
from warehouse.config_tables import config_tables

AS_OF, FIRST = "2028-03-02", "2026-12-28"
READ = Window(date(2028, 2, 27), date(2028, 3, 1))
ACCOUNT, SHOP = "douyin_leap", "shop_leap"
CAMPAIGN = """\
campaign: leap
brand: leap
starts_on: 2028-02-01
ends_on: 2028-03-31
owner: {name: 运营一组}
phases:
  - {key: p1, starts_on: 2028-02-01, ends_on: 2028-02-29}
  - {key: p2, starts_on: 2028-03-01, ends_on: 2028-03-31}
goals:
  - {metric: plays, scope: {platform: douyin}, target: 6000, by_phase: {p1: 2900, p2: 3100}}
"""
#: the last second of 02-28, both ends of the leap day, the first second of 03-01, in Shanghai
BEFORE, FIRST_SECOND, LAST_SECOND, AFTER = 1835366399, 1835366400, 1835452799, 1835452800

Row = dict[str, Any]


def order(order_id: str, created: int, paid: int) -> Row:
    """Return an order as the shop's API writes it: moments in unix seconds."""
    line = {"order_id": order_id, "product_id": "p", "item_num": 1, "pay_amount": 8000}
    moments = {"create_time": created, "pay_time": paid, "update_time": paid}
    state = {"order_id": order_id, "order_status": 3, "pay_amount": 8000, "doudian_open_id": "u"}
    return {**state, **moments, "sku_order_list": [{**line, "room_id": "l1"}]}


def refund(refund_id: str, order_id: str, at: int) -> Row:
    """Return a finished refund of 20.00 CNY."""
    state = {"aftersale_id": refund_id, "aftersale_type": 1, "refund_status": 3}
    moments = {"apply_time": at, "create_time": at, "update_time": at}
    return {**state, "shop_order_id": order_id, "related_id": order_id, "refund_amount": 2000} | (
        moments
    )


def comment(comment_id: str, at: int | str) -> Row:
    """Return a comment as Douyin writes it."""
    return {"comment_id": comment_id, "item_id": "v1", "create_time": at, "is_brand": False}


SAID = {
    (SHOP, "douyin_shop", "orders"): [
        order("o1", BEFORE, FIRST_SECOND),
        order("o2", FIRST_SECOND, FIRST_SECOND),
        order("o3", LAST_SECOND, AFTER),
    ],
    (SHOP, "douyin_shop", "after_sales"): [
        refund("r1", "o2", FIRST_SECOND),
        refund("r2", "o2", LAST_SECOND),
        refund("r3", "o2", AFTER),
    ],
    (ACCOUNT, "douyin", "comments"): [
        comment("c1", BEFORE),
        comment("c2", FIRST_SECOND * 1000),
        comment("c3", f"{LAST_SECOND}"),
        comment("c4", "2028-03-01 00:00:00"),
    ],
}


def landed(settings: Settings, account: str, platform: str, name: str, said: list[Row]) -> list:
    """Return what the runtime lands of some items, as the lake holds it."""
    lake, declared = open_lake(settings.lake_url), platforms_by_name()[platform]
    stream = declared.stream(name)
    read = AccountRead(Account(account, platform, "1", "A", "leap"), ((READ, said),))
    batch = land(declared, stream, [read], lake=lake, settings=settings)
    passed = [SliceVerdict(record.account_key, record.dt, True) for record in batch.slices]
    lake.write_verdict(batch.batch_id, passed)
    return list(iter_rows(lake, lake.current(stream, platform)))


@pytest.fixture(scope="module")
def lake_rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Any]]:
    """The payloads of the edges, landed by the runtime."""
    settings = write_config(tmp_path_factory.mktemp("calendar"), {"leap": CAMPAIGN})
    (settings.home / "clock").write_text("2028-03-03T10:45:00+08:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMARK_HASH_SECRET", "test")
        yield (
            settings,
            {
                f"{platform}__{stream}": landed(settings, account, platform, stream, said)
                for (account, platform, stream), said in SAID.items()
            },
        )


@pytest.fixture(scope="module")
def built(lake_rows: tuple[Settings, Any]) -> Path:
    """The marts and goals of that world, with a hundred plays on each of its days."""
    settings, rows = lake_rows
    read = days("2028-02-01", AS_OF)
    zeros = dict.fromkeys(("new_fans", "total_fans", "new_like", "new_comment", "new_share"), 0)
    plays = [{**zeros, "account_key": ACCOUNT, "date": day, "new_play": 100} for day in read]
    sessions = [
        {"account_key": ACCOUNT, "live_id": f"l{n}", "started_at": datetime.fromisoformat(at)}
        for n, at in enumerate(("2028-02-28T16:00:00Z", "2028-02-29T15:59:59Z"), start=1)
    ]
    config = config_tables(settings, open_lake(settings.lake_url))
    path = make_build_db(
        settings.home / "build.duckdb",
        {**rows, "douyin__account_days": plays, "sheet__live_sessions": sessions},
        source_days=[
            *source_days("douyin/account_days", ACCOUNT, read),
            *source_days("douyin/comments", ACCOUNT, read),
            *source_days("sheet/live_sessions", ACCOUNT, read),
            *source_days("douyin_shop/orders", SHOP, read),
            *source_days("douyin_shop/after_sales", SHOP, read),
        ],
        config={name: table.to_pylist() for name, table in config.items()},
    )
    run_dbt(path, "run", as_of=AS_OF, first=FIRST)
    return path


def test_the_lake_files_the_first_and_the_last_second_under_their_own_day(lake_rows):
    _settings, rows = lake_rows

    filed = {
        row.get("order_id") or row.get("aftersale_id") or row["comment_id"]: str(row["dt"])
        for stream in rows.values()
        for row in stream
    }

    assert filed == {
        **{"o1": "2028-02-29", "o2": "2028-02-29", "o3": "2028-03-01"},
        **{"r1": "2028-02-29", "r2": "2028-02-29", "r3": "2028-03-01"},
        **{"c1": "2028-02-28", "c2": "2028-02-29", "c3": "2028-02-29", "c4": "2028-03-01"},
    }


def test_orders_at_midnight_are_created_and_paid_on_their_own_days(built):
    rows = query(built, "select order_id, created_on, paid_on from marts.fct_order order by 1")

    assert rows == [
        ("o1", date(2028, 2, 28), date(2028, 2, 29)),
        ("o2", date(2028, 2, 29), date(2028, 2, 29)),
        ("o3", date(2028, 2, 29), date(2028, 3, 1)),
    ]


def test_refunds_comments_and_live_rooms_at_midnight_stand_on_their_own_days(built):
    refunds = query(built, "select refunded_on from marts.fct_refund order by refund_key")
    comments = query(
        built,
        "select stat_date, comments_received from marts.fct_interaction_day "
        "where comments_received > 0 order by 1",
    )
    rooms = query(built, "select live_id, started_on from marts.fct_live_session order by 1")

    assert [str(day) for (day,) in refunds] == ["2028-02-29", "2028-02-29", "2028-03-01"]
    assert [(str(day), count) for day, count in comments] == [
        ("2028-02-28", 1),
        ("2028-02-29", 2),
        ("2028-03-01", 1),
    ]
    assert rooms == [("l1", date(2028, 2, 29)), ("l2", date(2028, 2, 29))]


def test_money_of_a_leap_day_is_counted_on_it_and_its_refund_from_its_own_day(built):
    rows = query(
        built,
        "select basis, stat_date, known_on, value from intermediate.int_metric_event "
        "where metric = 'net_gmv' and value <> 0 order by 1, 2, 3",
    )

    assert [
        (basis, f"{day:%m-%d}", f"{known:%m-%d}", value) for basis, day, known, value in rows
    ] == [
        ("order_date", "02-29", "02-29", 160),
        ("order_date", "02-29", "02-29", -40),
        ("order_date", "02-29", "03-01", -20),
        ("order_date", "03-01", "03-01", 80),
        ("refund_date", "02-29", "02-29", 120),
        ("refund_date", "03-01", "03-01", 60),
    ]


@pytest.mark.parametrize(
    ("day", "week", "weekday", "month", "is_workday"),
    [
        ("2026-12-31", "2026-W53", 4, "2026-12", True),
        ("2027-01-03", "2026-W53", 7, "2027-01", False),
        ("2027-01-04", "2027-W01", 1, "2027-01", True),
        ("2028-01-01", "2027-W52", 6, "2028-01", False),
        ("2028-02-29", "2028-W09", 2, "2028-02", True),
        ("2028-12-31", "2028-W52", 7, "2028-12", False),
        ("2029-01-01", "2029-W01", 1, "2029-01", True),
    ],
)
def test_a_day_has_its_iso_week_also_where_years_meet(built, day, week, weekday, month, is_workday):
    columns = "iso_week, weekday, month, is_workday"

    rows = query(built, f"select {columns} from marts.dim_date where date = '{day}'")

    assert rows == [(week, weekday, month, is_workday)]


def test_the_calendar_has_every_day_once(built):
    counted = "count(*), count(distinct date), max(date) - min(date) + 1"

    rows = query(built, f"select {counted} from marts.dim_date where date < '2029-01-01'")

    assert rows == [(735, 735, 735)]


def test_account_days_of_february_are_twenty_nine(built):
    rows = query(
        built,
        "select count(*), sum(plays) from marts.fct_account_day "
        f"where account_key = '{ACCOUNT}' and stat_date between '2028-02-01' and '2028-02-29'",
    )

    assert rows == [(29, 2900)]


@pytest.mark.parametrize(
    ("as_of", "phase", "state", "status", "actual", "expected", "days_left"),
    [
        ("2028-02-28", "p1", "active", "on_track", 2800, 2800, 1),
        ("2028-02-29", "p1", "closed", "met", 2900, 2900, 0),
        ("2028-03-01", "p1", "closed", "met", 2900, 2900, 0),
        ("2028-02-29", "p2", "upcoming", "no_data", None, None, None),
        ("2028-03-01", "p2", "active", "no_data", 100, 100, 30),
        ("2028-02-29", None, "active", "on_track", 2900, 2900, 31),
        ("2028-03-02", None, "active", "on_track", 3100, 3100, 29),
    ],
)
def test_a_goal_of_february_lives_until_its_leap_day(
    built, as_of, phase, state, status, actual, expected, days_left
):
    columns = "phase_state, status, actual, round(expected_to_date, 6), days_left"
    where = f"as_of_date = '{as_of}' and phase_key is not distinct from $phase"
    named = where.replace("$phase", f"'{phase}'" if phase else "null")

    rows = query(built, f"select {columns} from kpi.goal_history where {named}")

    assert rows == [(state, status, actual, expected, days_left)]
