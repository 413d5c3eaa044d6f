"""Goals on what is never added up: people, waiting times, the stock a window opened with."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.kpi_world import Row, rows_of, run_kpi, write_config, write_world
from tests.warehouse_fixture import days, source_days

FIRST, LAST, THROUGH = "2026-03-01", "2026-03-30", "2026-04-10"
ACCOUNT, SHOP = "douyin_w", "shop_w"
CAMPAIGN = """\
campaign: w
brand: w
starts_on: 2026-03-01
ends_on: 2026-03-30
owner: {name: 运营一组}
phases:
  - {key: p1, starts_on: 2026-03-01, ends_on: 2026-03-30}
goals:
  - {metric: buyers, scope: {shop: shop_w}, by_phase: {p1: 40}}
  - {metric: spend_per_buyer_cny, scope: {shop: shop_w}, by_phase: {p1: 50}}
  - {metric: returning_buyer_share, scope: {shop: shop_w}, by_phase: {p1: 0.3}}
  - {metric: follower_growth_rate, scope: {platform: douyin}, by_phase: {p1: 0.2}}
  - {metric: follower_retention_proxy, scope: {platform: douyin}, by_phase: {p1: 0.9}}
  - {metric: first_reply_p50, basis: calendar, scope: {platform: douyin}, by_phase: {p1: 3600}}
"""


def events() -> Iterator[Row]:
    """Yield days of two buyers and 80 yuan, and of ten more followers."""
    for n, day in enumerate(days(FIRST, LAST)):
        when = {"basis": "-", "stat_date": day, "known_on": day}
        shop = {**when, "account_key": SHOP, "platform": "douyin_shop"}
        yield {**shop, "metric": "buyers", "value": 2}
        yield {**shop, "metric": "spend_per_buyer_cny", "numerator": 80, "denominator": 2}
        yield {**shop, "metric": "returning_buyer_share", "numerator": 1, "denominator": 2}
        stock = 1000 + 10 * n
        social = {**when, "account_key": ACCOUNT, "platform": "douyin", "opening": stock}
        yield {**social, "metric": "follower_growth_rate", "numerator": 10, "denominator": stock}
        kept = {"numerator": stock + 12 - 2, "denominator": stock + 12}
        yield {**social, "metric": "follower_retention_proxy", **kept}
        items = {"denominator": 3, "opening": None, "basis": "calendar"}
        yield {**social, "metric": "first_reply_p50", **items}


def members() -> Iterator[Row]:
    """Yield, per day, one of ten people who bought before March, and one who never comes again."""
    for metric in ("buyers", "spend_per_buyer_cny", "returning_buyer_share"):
        for n, day in enumerate(days(FIRST, LAST)):
            read = {"metric": metric, "basis": "-", "account_key": SHOP}
            read |= {"stat_date": day, "known_on": day}
            yield {**read, "member": f"old {n % 10}", "first_on": day - timedelta(100)}
            yield {**read, "member": f"new {n}", "first_on": day}


def waits() -> Iterator[Row]:
    """Yield, per day, an answer in ten minutes, one in two hours past midnight, and none."""
    for day in days(FIRST, LAST):
        asked = {"metric": "first_reply_p50", "basis": "calendar", "account_key": ACCOUNT}
        asked |= {"stat_date": day}
        yield {**asked, "ended_on": day, "seconds": 600}
        yield {**asked, "ended_on": day + timedelta(1), "seconds": 7200}
        yield {**asked, "ended_on": None, "seconds": None}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaign lived through until after its end."""
    settings = write_config(tmp_path_factory.mktemp("windows"), {"w": CAMPAIGN})
    streams = {
        ACCOUNT: ("douyin/account_days", "sheet/account_days", "douyin/comments"),
        SHOP: ("douyin_shop/orders", "douyin_shop/after_sales"),
    }
    statuses = [
        status
        for account, names in streams.items()
        for stream in names
        for status in source_days(stream, account, days(FIRST, THROUGH))
    ]
    database = write_world(
        settings, list(events()), statuses, members=list(members()), waits=list(waits())
    )
    run_kpi(database, THROUGH)
    return database


@pytest.mark.parametrize(
    ("metric", "as_of", "actual"),
    [
        pytest.param("buyers", "2026-03-10", 20, id="everyone-new"),
        pytest.param("buyers", "2026-03-20", 30, id="ten-come-again"),
        pytest.param("spend_per_buyer_cny", "2026-03-20", 1600 / 30, id="paid-over-people"),
        pytest.param("returning_buyer_share", "2026-03-20", 10 / 30, id="known-before-the-phase"),
        pytest.param("follower_growth_rate", "2026-03-10", 100 / 1000, id="over-the-opening-stock"),
        pytest.param("follower_retention_proxy", "2026-03-10", 1100 / 1120, id="opening-and-days"),
        # of 30 asked ten were answered at once and nine after two hours: the 15th waits two hours
        pytest.param("first_reply_p50", "2026-03-10", 7200, id="unanswered-is-longer"),
    ],
)
def test_a_window_is_measured_whole_and_not_added_up(
    world: Path, metric: str, as_of: str, actual: float
) -> None:
    basis = "calendar" if metric == "first_reply_p50" else "-"
    row = rows_of(world, "w", as_of)["p1", metric, basis]

    assert row["actual"] == pytest.approx(actual)


def test_people_are_paced_like_a_sum_and_have_no_forecast(world: Path) -> None:
    row = rows_of(world, "w", "2026-03-20")["p1", "buyers", "-"]

    assert row["expected_to_date"] == pytest.approx(40 * 20 / 30)
    assert (row["status"], row["forecast"]) == ("on_track", None)
    assert rows_of(world, "w", LAST)["p1", "buyers", "-"]["status"] == "met"


def test_a_wait_above_its_limit_is_a_warning_and_missed_at_the_end(world: Path) -> None:
    running = rows_of(world, "w", "2026-03-10")["p1", "first_reply_p50", "calendar"]

    assert (running["status"], running["severity"]) == ("at_risk", "warning")
    assert (running["pace"], running["denominator"]) == (pytest.approx(0.5), 30)
    assert rows_of(world, "w", LAST)["p1", "first_reply_p50", "calendar"]["status"] == "missed"


def test_too_few_items_give_no_percentile_to_judge(world: Path) -> None:
    row = rows_of(world, "w", "2026-03-06")["p1", "first_reply_p50", "calendar"]

    assert (row["status"], row["reason"]) == ("no_data", "insufficient_denominator")


def test_the_curve_shows_people_as_they_were_counted_on_each_day(world: Path) -> None:
    with duckdb.connect(str(world)) as database:
        found = database.execute(
            "select actual_cumulative from kpi.goal_curve where goal_key like '%/buyers/%' "
            "and date in ('2026-03-10', '2026-03-20', '2026-03-30') order by date"
        ).fetchall()

    assert [value for (value,) in found] == [20, 30, 40]
