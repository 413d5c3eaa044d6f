"""dbt on a small world: rows, zeros and unknowns, and incremental builds against full ones."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse_fixture import days, make_build_db, query, run_dbt, source_days

AS_OF = "2026-05-12"
ACCOUNT, SHOP, WECHAT = "douyin_acme", "douyin_shop_main", "wechat_acme"
MODELS = ("run", "--exclude", "path:models/kpi")
ORDER_ID, ROOM_ID = "4781320682406083640", "7301234567890123456"

World = dict[str, list[dict[str, Any]]]


def at(day: str, hour: int = 10) -> datetime:
    """Return an hour of a Shanghai day as the lake holds it."""
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00+08:00").astimezone(UTC)


def order(order_id: str, day: str, *, status: int = 5, **line: Any) -> dict[str, Any]:
    """Return one order of 80.00 CNY with one line."""
    item = {"order_id": order_id, "product_id": "p1", "product_name": "杯子", "item_num": 1}
    moments = {"create_time": at(day), "pay_time": at(day, 11), "update_time": at(day, 12)}
    return {
        **{"account_key": SHOP, "order_id": order_id, "order_status": status, "pay_amount": 8000},
        **{"doudian_open_id": "k1:aa", "dt": date.fromisoformat(day)},
        **moments,
        "sku_order_list": [{**item, "pay_amount": 8000, **line}],
    }


def refund(refund_id: str, order_id: str, day: str, **fields: Any) -> dict[str, Any]:
    """Return one finished refund of 20.00 CNY."""
    return {
        **{"account_key": SHOP, "aftersale_id": refund_id, "shop_order_id": order_id},
        **{"related_id": order_id, "aftersale_type": 1, "refund_status": 3},
        **{"refund_amount": 2000, "update_time": at(day), "dt": date.fromisoformat(day)},
        **fields,
    }


def account_day(day: str, plays: int) -> dict[str, Any]:
    """Return what the API says of one day of the account."""
    figures = {"new_play": plays, "new_fans": 10, "total_fans": 1000, "new_like": 5}
    more = {"new_comment": 2, "new_share": 1, "new_issue": 1, "profile_uv": 9}
    return {"account_key": ACCOUNT, "date": date.fromisoformat(day), **figures, **more}


def world() -> World:
    """Return a shop with two sales and a refund, a live room, and two observed account days."""
    session = {
        **{"account_key": ACCOUNT, "live_id": ROOM_ID, "started_at": at("2026-05-01", 9)},
        **{"live_views": 9000, "session_viewers": 4000, "session_buyers": 16},
    }
    return {
        "douyin__account_days": [account_day("2026-05-01", 500), account_day("2026-05-03", 700)],
        "sheet__account_days": [
            {"account_key": ACCOUNT, "stat_date": date(2026, 4, 30), "plays": 4000, "unfollows": 3}
        ],
        "sheet__live_sessions": [session],
        "douyin_shop__orders": [
            order(ORDER_ID, "2026-05-01", room_id=ROOM_ID, cid="77"),
            order("4781320682406083641", "2026-05-02", room_id="0", video_id="v1"),
            order("4781320682406083642", "2026-05-02", status=4),
        ],
        "douyin_shop__after_sales": [
            refund("r1", ORDER_ID, "2026-05-11"),
            refund("r2", ORDER_ID, "2026-05-11", refund_status=1),
            refund("r3", ORDER_ID, "2026-05-11", aftersale_type=3),
            refund("r4", "4781320682406083642", "2026-05-11"),
        ],
        "douyin__videos": [
            {"account_key": ACCOUNT, "item_id": "v1", "create_time": at("2026-05-01"), "title": "a"}
        ],
        "douyin__video_days": [
            {"account_key": ACCOUNT, "item_id": "v1", "date": day, "play": 300, "like": 4}
            for day in days("2026-05-01", "2026-05-07")
        ],
        "douyin__comments": [comment("c1", 12), comment("c2", 13, parent_comment_id="c1", brand=1)],
    }


def comment(comment_id: str, hour: int, *, brand: int = 0, **fields: Any) -> dict[str, Any]:
    """Return one comment under the video."""
    given = {"account_key": ACCOUNT, "item_id": "v1", "create_time": at("2026-05-02", hour)}
    return {**given, "comment_id": comment_id, "is_brand": bool(brand), **fields}


def slices() -> list[dict[str, Any]]:
    """Return which days were read: everything in May but the shop's 05-05."""
    may = days("2026-05-01", AS_OF)
    shop = [day for day in may if day != date(2026, 5, 5)]
    return [
        *source_days("douyin_shop/orders", SHOP, shop),
        *source_days("douyin_shop/orders", SHOP, [date(2026, 5, 5)], "failed"),
        *source_days("douyin_shop/after_sales", SHOP, may, "empty"),
        *source_days("sheet/live_sessions", ACCOUNT, may, "empty"),
        *source_days("douyin/comments", ACCOUNT, may, "empty"),
        *source_days("wechat/upstream_messages", WECHAT, may, "empty"),
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build database of the world, built in full."""
    path = tmp_path_factory.mktemp("dbt") / "build.duckdb"
    make_build_db(path, world(), source_days=slices())
    run_dbt(path, *MODELS, as_of=AS_OF)
    return path


def test_account_days_are_dense_and_unknown_where_nothing_was_read(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, plays, unfollows, span_days from marts.fct_account_day "
        f"where account_key = '{ACCOUNT}' and stat_date between '2026-04-30' and '2026-05-03' "
        "order by stat_date",
    )

    assert rows == [
        (date(2026, 4, 30), 4000, 3, 1),
        (date(2026, 5, 1), 500, None, 1),
        (date(2026, 5, 2), None, None, None),
        # its plays are of the day, its net is the change of a stock over two
        (date(2026, 5, 3), 700, None, 2),
    ]


def test_a_read_day_without_orders_is_zero_and_an_unread_day_unknown(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, value from marts.fct_metric_day where metric = 'gmv_paid' "
        "and stat_date between '2026-05-01' and '2026-05-05' order by stat_date",
    )

    assert [value for _, value in rows] == [80, 80, 0, 0, None]


def test_only_returned_money_of_sales_is_a_refund(built: Path) -> None:
    orders = query(
        built,
        "select order_id, status, paid_on, paid_cny, refunded_cny, net_cny "
        "from marts.fct_order order by order_id",
    )

    assert [(*row[:3], *(float(x) for x in row[3:])) for row in orders] == [
        (ORDER_ID, "finished", date(2026, 5, 1), 80, 20, 60),
        ("4781320682406083641", "finished", date(2026, 5, 2), 80, 0, 80),
        ("4781320682406083642", "cancelled", None, 0, 0, 0),
    ]


def test_net_gmv_knows_a_refund_from_the_day_it_was_issued(built: Path) -> None:
    events = query(
        built,
        "select basis, stat_date, known_on, value from intermediate.int_metric_event "
        "where metric = 'net_gmv' and value <> 0 order by basis, stat_date, known_on",
    )

    assert events == [
        ("order_date", date(2026, 5, 1), date(2026, 5, 1), 80),
        ("order_date", date(2026, 5, 1), date(2026, 5, 11), -20),
        ("order_date", date(2026, 5, 2), date(2026, 5, 2), 80),
        ("refund_date", date(2026, 5, 1), date(2026, 5, 1), 80),
        ("refund_date", date(2026, 5, 2), date(2026, 5, 2), 80),
        ("refund_date", date(2026, 5, 11), date(2026, 5, 11), -20),
    ]


def test_a_sale_in_a_live_room_reaches_the_host(built: Path) -> None:
    lines = query(
        built,
        "select attribution_method, attributed_account_key, attributed_live_key, "
        "attributed_post_key, traffic_kind from marts.fct_order_line order by line_key",
    )
    host = query(
        built,
        "select live_viewers, live_orders, live_paid_cny, gpm, orders from marts.mart_conversions "
        f"where account_key = '{ACCOUNT}' and stat_date = '2026-05-01'",
    )

    assert lines[:2] == [
        ("live", ACCOUNT, f"{ACCOUNT}/{ROOM_ID}", None, "paid"),
        ("short_video", ACCOUNT, None, f"{ACCOUNT}/v1", "organic"),
    ]
    assert host == [(4000, 1, 80, pytest.approx(80 * 1000 / 9000), None)]


def test_ratios_stand_as_numerator_and_denominator(built: Path) -> None:
    rows = query(
        built,
        "select metric, value, numerator, denominator from marts.fct_metric_day "
        "where stat_date = '2026-05-01' and aggregation = 'ratio' and denominator > 0 "
        "and metric in ('aov_cny', 'cvr_live_view', 'cvr_live_viewer', 'er_by_play', "
        "'refund_rate_amount') order by metric",
    )

    assert rows == [
        ("aov_cny", None, 80, 1),
        ("cvr_live_view", None, 1, 9000),
        ("cvr_live_viewer", None, 16, 4000),
        ("er_by_play", None, 8, 500),
        ("refund_rate_amount", None, 20, 80),
    ]


def test_the_brands_own_reply_answers_and_does_not_count(built: Path) -> None:
    rows = query(
        built,
        "select comments_received, comments_replied, items_due, items_replied_in_time, "
        "first_reply_p50_seconds from marts.fct_interaction_day "
        f"where account_key = '{ACCOUNT}' and stat_date = '2026-05-02'",
    )

    assert rows == [(1, 1, 1, 1, 3600)]


def test_first_days_of_a_post_count_when_they_are_complete(built: Path) -> None:
    rows = query(
        built,
        "select exposures_first_1_days, exposures_first_7_days, exposures_first_28_days "
        "from marts.mart_content",
    )

    assert rows == [(300, 2100, None)]


def test_tables_without_a_source_exist_and_are_empty(built: Path) -> None:
    tables = ("fct_complaint", "fct_mention_day", "fct_survey_answer", "fct_kol_contract")

    counts = [query(built, f"select count(*) from marts.{table}")[0][0] for table in tables]

    assert counts == [0, 0, 0, 0]


def test_arithmetic_and_keys_hold(built: Path) -> None:
    results = run_dbt(built, "test", "--exclude", "path:models/kpi", "path:tests/kpi", as_of=AS_OF)

    assert len(results.results) >= 12
    assert {str(result.status) for result in results.results} == {"pass"}


def test_rebuilding_changed_days_equals_a_full_build(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    later = "2026-05-14"
    changed_world = _changed(world())
    fresh = tmp_path_factory.mktemp("fresh") / "build.duckdb"
    moved = {
        "account_day": ["2026-05-02", "2026-05-03"],
        "post_day": ["2026-05-03"],
        "interaction_day": ["2026-05-02"],
        "order_day": ["2026-05-01", "2026-05-02"],
        "metric_day": ["2026-05-01", "2026-05-02", "2026-05-03"],
    }

    make_build_db(built, changed_world, source_days=slices())
    run_dbt(built, *MODELS, as_of=later, changed=moved)
    make_build_db(fresh, changed_world, source_days=slices())
    run_dbt(fresh, *MODELS, as_of=later)

    assert _tables(built) == _tables(fresh)
    for table in _tables(fresh):
        rows = f"select * from {table} order by all"
        assert query(built, rows) == query(fresh, rows), table
    paid = "select count(*), cast(sum(paid_cny) as double) from marts.fct_order"
    assert query(fresh, paid) == [(3, 160.0)]


def test_a_stock_is_carried_over_the_edge_of_a_build_by_days(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    make_build_db(path, world(), source_days=slices())
    run_dbt(path, "run", "--select", "+mart_users", as_of="2026-05-06")

    run_dbt(
        path,
        *("run", "--select", "+mart_users"),
        as_of="2026-05-07",
        changed={"account_day": ["2026-05-07"], "metric_day": ["2026-05-07"]},
    )

    told = query(
        path,
        "select stat_date, opening_followers, followers, is_followers_filled from marts.mart_users "
        f"where account_key = '{ACCOUNT}' and stat_date >= '2026-05-06' order by stat_date",
    )
    # counted on 05-03, four days before: filled for three, and the fourth opens with it
    assert told == [
        (date(2026, 5, 6), 1000, 1000, True),
        (date(2026, 5, 7), 1000, None, False),
    ]


def _changed(rows: World) -> World:
    """Return the world after corrections, an emptied day, a late payment, and an order to come."""
    late = order("4781320682406083642", "2026-05-02", status=5)
    late["pay_time"] = at("2026-05-04")
    rows["douyin_shop__orders"].append(order("4781320682406083643", "2026-05-15"))
    rows["douyin__account_days"] = [account_day("2026-05-01", 500), account_day("2026-05-02", 90)]
    rows["douyin__video_days"] = [d for d in rows["douyin__video_days"] if d["date"].day != 3]
    rows["douyin_shop__orders"][1] = order("4781320682406083641", "2026-05-02", status=4)
    rows["douyin_shop__orders"][2] = late
    rows["douyin_shop__after_sales"].append(refund("r5", ORDER_ID, "2026-05-12"))
    rows["douyin__comments"].append(comment("c3", 15))
    return rows


def _tables(path: Path) -> list[str]:
    found = query(
        path,
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('marts', 'ops', 'intermediate') order by all",
    )
    return [row[0] for row in found]
