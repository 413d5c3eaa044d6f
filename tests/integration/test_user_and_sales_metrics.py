"""Metrics of followers, buyers, refunds and live rooms, on hand-made rows, in one dbt run."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse_fixture import days, make_build_db, query, run_dbt, source_days

AS_OF = "2026-06-20"
SHOP, LIVE, WECHAT, BILIBILI = "shop", "douyin", "wechat", "bilibili"
ACCOUNTS = [
    {"account_key": key, "brand_key": "b", "platform": platform, "kind": kind}
    | {"ownership": "own", "active_from": date(2026, 4, 1)}
    for key, platform, kind in (
        (SHOP, "douyin_shop", "shop"),
        (LIVE, "douyin", "social"),
        (WECHAT, "wechat", "social"),
        (BILIBILI, "bilibili", "social"),
    )
]
#: order, buyer, day of payment
ORDERS = (
    ("a1", "A", "2026-04-01"),
    ("a2", "A", "2026-04-20"),
    ("b1", "B", "2026-04-01"),
    ("b2", "B", "2026-04-01"),
    ("c1", "C", "2026-04-01"),
    ("c2", "C", "2026-04-10"),
    ("d1", "D", "2026-04-01"),
    ("d2", "D", "2026-05-20"),
    ("e1", "E", "2026-04-01"),
    ("e2", "E", "2026-04-10"),
    ("f1", "F", "2026-04-12"),
    ("f2", "F", "2026-04-14"),
    ("f3", "F", "2026-04-20"),
)
#: order, day of issue, fen: c2 goes back whole within its month, in two parts; e2 after it; f1
REFUNDS = (
    ("c2", "2026-04-11", 3000),
    ("c2", "2026-04-12", 5000),
    ("e2", "2026-05-10", 8000),
    ("f1", "2026-04-13", 8000),
)


def at(day: str, hour: int = 10) -> datetime:
    """Return an hour of a Shanghai day as the lake holds it."""
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00+08:00").astimezone(UTC)


def world() -> dict[str, list[dict[str, Any]]]:
    """Return six buyers of one shop, a live room, and three accounts with followers."""
    line = {"product_id": "p", "product_name": "杯子", "item_num": 1, "pay_amount": 8000}
    room = {"d2": {"room_id": "9"}}
    orders = [
        {"account_key": SHOP, "order_id": order, "order_status": 5, "pay_amount": 8000}
        | {"doudian_open_id": f"k1:{buyer}", "dt": date.fromisoformat(day)}
        | {"create_time": at(day), "pay_time": at(day, 11), "update_time": at(day, 12)}
        | {"sku_order_list": [{"order_id": order, **line, **room.get(order, {})}]}
        for order, buyer, day in ORDERS
    ]
    refunds = [
        {"account_key": SHOP, "aftersale_id": f"r{n}", "shop_order_id": order}
        | {"related_id": order, "aftersale_type": 1, "refund_status": 3}
        | {"refund_amount": fen, "update_time": at(day), "dt": date.fromisoformat(day)}
        for n, (order, day, fen) in enumerate(REFUNDS)
    ]
    session = {
        **{"account_key": LIVE, "live_id": "9", "started_at": at("2026-05-20", 9)},
        **{"ended_at": at("2026-05-20", 12), "live_views": 8000, "session_viewers": 4000},
        **{"peak_concurrent": 300, "session_new_followers": 40, "product_clicks": 500},
        **{"product_clickers": 400, "session_buyers": 20, "avg_watch_seconds": 90.0},
    }
    stocks = [("2026-03-31", 1000), ("2026-04-01", 1010), ("2026-04-02", 1013)]
    moves = [("2026-04-01", 15, 5), ("2026-04-02", 4, 1)]
    fans = [("2026-04-01", 500, 30), ("2026-04-02", 520, 31), ("2026-04-04", 560, 32)]
    fans += [("2026-04-06", 580, 33)]
    return {
        "douyin__account_days": [
            {"account_key": LIVE, "date": date.fromisoformat(day), "total_fans": stock}
            | {"new_fans": new}
            for day, stock, new in fans
        ],
        "sheet__account_days": [
            {"account_key": LIVE, "stat_date": date(2026, 4, 6), "unfollows": 23},
            {"account_key": LIVE, "stat_date": date(2026, 4, 3), "followers": 545},
        ],
        "douyin_shop__orders": orders,
        "douyin_shop__after_sales": refunds,
        "sheet__live_sessions": [session],
        "wechat__user_cumulate": [
            {"account_key": WECHAT, "ref_date": date.fromisoformat(day), "cumulate_user": stock}
            for day, stock in stocks
        ],
        "wechat__user_summary": [
            {"account_key": WECHAT, "ref_date": date.fromisoformat(day), "user_source": 0}
            | {"new_user": new, "cancel_user": lost}
            for day, new, lost in moves
        ],
        "bilibili__account_stats": [
            {"account_key": BILIBILI, "dt": date.fromisoformat(day), "follower": stock}
            for day, stock in (("2026-04-01", 100), ("2026-04-02", 103), ("2026-04-04", 110))
        ],
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database of the world."""
    every = days("2026-04-01", AS_OF)
    read = [day for day in every if day != date(2026, 5, 21)]
    slices = [
        *source_days("douyin_shop/orders", SHOP, read),
        *source_days("douyin_shop/after_sales", SHOP, every),
        *source_days("sheet/live_sessions", LIVE, every),
        *source_days("wechat/user_summary", WECHAT, every),
    ]
    path = tmp_path_factory.mktemp("dbt") / "build.duckdb"
    make_build_db(path, world(), source_days=slices, config={"account": ACCOUNTS})
    run_dbt(path, "run", "--exclude", "path:models/kpi", as_of=AS_OF, first="2026-04-01")
    return path


def parts_of(built: Path, account: str, metric: str, day: str) -> list[tuple[float, float]]:
    """Return numerator and denominator of an account's ratio on a day."""
    return query(
        built,
        "select numerator, denominator from marts.fct_metric_day "
        f"where metric = '{metric}' and stat_date = '{day}' and account_key = '{account}'",
    )


@pytest.mark.parametrize(
    ("account", "metric", "day", "parts"),
    [
        # one day twice is one occasion (B), what went back whole by then is none (C)
        pytest.param(SHOP, "repurchase_rate_30", "2026-05-01", (2, 5), id="a-and-e-by-day-30"),
        # and by then E's second order went back too, while D came again
        pytest.param(SHOP, "repurchase_rate_60", "2026-05-31", (2, 5), id="a-and-d-by-day-60"),
        pytest.param(SHOP, "repurchase_rate_90", "2026-05-31", (0, 0), id="not-yet-90-days-old"),
        # F's first purchase went back whole: the second is the first
        pytest.param(SHOP, "repurchase_rate_30", "2026-05-12", (0, 0), id="none-of-what-went-back"),
        pytest.param(SHOP, "repurchase_rate_30", "2026-05-14", (1, 1), id="f-from-the-first-kept"),
        pytest.param(SHOP, "returning_buyer_share", "2026-04-01", (0, 5), id="all-new"),
        pytest.param(SHOP, "returning_buyer_share", "2026-05-20", (1, 1), id="d-comes-again"),
        pytest.param(SHOP, "spend_per_buyer_cny", "2026-04-01", (480, 5), id="b-bought-twice"),
        pytest.param(
            SHOP, "refund_rate_orders", "2026-04-10", (2, 2), id="two-parts-are-one-order"
        ),
        pytest.param(
            SHOP, "refund_rate_amount", "2026-04-10", (160, 160), id="to-the-day-of-payment"
        ),
        pytest.param(SHOP, "refund_to_paid", "2026-05-10", (80, 0), id="on-the-day-of-issue"),
        pytest.param(LIVE, "cvr_live_view", "2026-05-20", (1, 8000), id="orders-over-views"),
        pytest.param(LIVE, "cvr_click", "2026-05-20", (1, 500), id="orders-over-clicks"),
        pytest.param(LIVE, "cvr_clicker", "2026-05-20", (20, 400), id="buyers-over-clickers"),
        pytest.param(LIVE, "product_ctr", "2026-05-20", (400, 4000), id="clickers-over-viewers"),
        pytest.param(LIVE, "gpm", "2026-05-20", (80_000, 8000), id="per-thousand-views"),
        pytest.param(LIVE, "uv_value_cny", "2026-05-20", (80, 4000), id="per-viewer"),
        pytest.param(
            LIVE, "live_follow_rate", "2026-05-20", (40, 4000), id="followers-over-viewers"
        ),
        pytest.param(
            LIVE, "avg_watch_seconds", "2026-05-20", (360_000, 4000), id="seconds-watched"
        ),
        # what a shop that was not read sold to viewers is unknown, what viewers did is not
        pytest.param(LIVE, "cvr_live_view", "2026-05-21", (None, None), id="shop-not-read"),
        pytest.param(LIVE, "product_ctr", "2026-05-21", (0, 0), id="no-room-that-day"),
        pytest.param(
            WECHAT, "follower_growth_rate", "2026-04-02", (3, 1010), id="over-the-day-before"
        ),
        pytest.param(WECHAT, "unfollow_rate_stock", "2026-04-02", (1, 1010), id="lost-over-stock"),
        pytest.param(
            WECHAT, "follower_retention_proxy", "2026-04-02", (1013, 1014), id="kept-of-all"
        ),
    ],
)
def test_a_ratio_has_the_parts_that_its_definition_says(
    built: Path, account: str, metric: str, day: str, parts: tuple[float | None, float | None]
) -> None:
    assert parts_of(built, account, metric, day) == [parts]


def test_where_only_the_stock_is_told_its_change_is_the_net_and_says_its_span(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, net_followers, new_followers, span_days from marts.fct_account_day "
        f"where account_key = '{BILIBILI}' and stat_date <= '2026-04-04' order by stat_date",
    )

    assert rows == [
        (date(2026, 4, 1), None, None, 1),
        (date(2026, 4, 2), 3, None, 1),
        (date(2026, 4, 3), None, None, None),
        (date(2026, 4, 4), 7, None, 2),
    ]


def test_the_greatest_crowd_is_a_maximum(built: Path) -> None:
    ((value,),) = query(
        built,
        "select max(value) from marts.fct_metric_day where metric = 'peak_concurrent' "
        f"and account_key = '{LIVE}'",
    )

    assert value == 300


def test_every_registered_metric_of_a_connected_platform_has_its_days(built: Path) -> None:
    missing = query(
        built,
        "select distinct metric, platform from config.metric_source "
        "where platform in ('douyin', 'wechat', 'bilibili', 'douyin_shop') "
        "except select metric, platform from marts.fct_metric_day",
    )

    assert missing == []


def test_a_change_over_several_days_is_no_growth_rate_of_a_day(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, net_followers, follower_growth_rate from marts.mart_users "
        f"where account_key = '{BILIBILI}' and net_followers is not null order by stat_date",
    )

    assert rows == [(date(2026, 4, 2), 3, 0.03), (date(2026, 4, 4), 7, None)]


def test_the_net_of_douyin_is_the_change_of_its_stock_unless_a_sheet_tells_unfollows(
    built: Path,
) -> None:
    rows = query(
        built,
        "select stat_date, followers, new_followers, net_followers, span_days "
        f"from marts.fct_account_day where account_key = '{LIVE}' "
        "and stat_date between '2026-04-01' and '2026-04-06' order by stat_date",
    )

    assert rows == [
        (date(2026, 4, 1), 500, 30, None, 1),
        (date(2026, 4, 2), 520, 31, 20, 1),
        (date(2026, 4, 3), 545, None, None, 1),
        (date(2026, 4, 4), 560, 32, 40, 2),
        (date(2026, 4, 5), None, None, None, None),
        # told by the day although the day before is missing
        (date(2026, 4, 6), 580, 33, 10, 1),
    ]
