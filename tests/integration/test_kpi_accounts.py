"""Goals of several accounts, of which some come, leave or fall silent."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kpi_world import Row, rows_of, run_kpi, write_config, write_world
from tests.warehouse_fixture import days, query, source_days

BEFORE, FIRST, LAST, THROUGH = "2026-02-28", "2026-03-01", "2026-03-30", "2026-04-08"
CAMPAIGN = """\
campaign: {name}
brand: {name}
starts_on: 2026-03-01
ends_on: 2026-04-29
owner: {{name: 运营一组}}
phases:
  - {{key: p1, starts_on: 2026-03-01, ends_on: 2026-03-30}}
  - {{key: p2, starts_on: 2026-03-31, ends_on: 2026-04-29}}
goals:
  - {{metric: {metric}, scope: {{platform: douyin}}, by_phase: {{p1: {target}, p2: {target}}}}}
"""


@dataclass(frozen=True)
class Pair:
    """A goal of two accounts: what each tells of a day, and what is particular about the second."""

    metric: str
    target: float
    figures: Row
    active_from: str | None = None
    active_to: str | None = None
    read_from: str = BEFORE
    read_to: str = THROUGH
    silent: Collection[str] = ()
    #: what the second tells of a silent day
    silence: Row | None = None


STOCK: Row = {"value": 1000}
GROWTH: Row = {"numerator": 10, "denominator": 1000, "opening": 1000}
KEPT: Row = {"numerator": 1010, "denominator": 1012, "opening": 1000}
PAIRS = {
    "left": Pair("plays", 4000, {"value": 100}, active_to="2026-03-10", read_to="2026-03-10"),
    "cut": Pair("plays", 4000, {"value": 100}, active_to="2026-03-10", read_to="2026-03-09"),
    "came": Pair("plays", 3000, {"value": 100}, active_from="2026-04-02", read_from="2026-04-20"),
    "half": Pair("followers", 2000, STOCK, silent=[f"2026-03-{n}" for n in range(25, 31)]),
    "blind": Pair("followers", 1900, STOCK, silent=[BEFORE]),
    "eve": Pair("followers", 1300, STOCK, active_to=BEFORE, read_to=BEFORE),
    "eve_rate": Pair("follower_growth_rate", 0.2, GROWTH, active_to=BEFORE, read_to=BEFORE),
    "mute": Pair("follower_growth_rate", 0.2, GROWTH, silent=[FIRST], silence={"opening": 1000}),
    "kept": Pair("follower_retention_proxy", 0.9, KEPT, silent=[FIRST], silence={"opening": 1000}),
    "lost": Pair("follower_growth_rate", 0.2, GROWTH, silent=[FIRST]),
    "sold": Pair("followers", 1900, STOCK, active_to="2026-03-10", read_to="2026-03-10"),
}


def events() -> Iterator[Row]:
    """Yield what both accounts of each pair report."""
    for name, pair in PAIRS.items():
        for day in days(BEFORE, THROUGH):
            shared = {"metric": pair.metric, "basis": "-", "platform": "douyin"}
            shared |= {"stat_date": day, "known_on": day}
            yield {**shared, "account_key": f"douyin_{name}", **pair.figures}
            told = pair.silence if str(day) in pair.silent else pair.figures
            if told and pair.read_from <= str(day) <= pair.read_to:
                yield {**shared, "account_key": f"douyin_{name}_b", **told}


def statuses() -> Iterator[Row]:
    for name, pair in PAIRS.items():
        for stream in ("douyin/account_days", "sheet/account_days"):
            yield from source_days(stream, f"douyin_{name}", days(BEFORE, THROUGH))
            expected = days(pair.active_from or BEFORE, pair.active_to or THROUGH)
            for day in expected:
                is_read = pair.read_from <= str(day) <= pair.read_to
                status = "ok" if is_read else "missing"
                yield from source_days(stream, f"douyin_{name}_b", [day], status)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every campaign lived through to 2026-04-08."""
    second = {"platform": "douyin", "kind": "social"}
    seconds = [
        {**second, "key": f"douyin_{name}_b", "id": f"{name}_b", "brand": name}
        | {k: v for k in ("active_from", "active_to") if (v := getattr(pair, k))}
        for name, pair in PAIRS.items()
    ]
    texts = {
        name: CAMPAIGN.format(name=name, metric=pair.metric, target=pair.target)
        for name, pair in PAIRS.items()
    }
    settings = write_config(tmp_path_factory.mktemp("accounts"), texts, seconds)
    database = write_world(settings, list(events()), list(statuses()))
    run_kpi(database, THROUGH)
    return database


def row_of(database: Path, name: str, as_of: str, phase: str = "p1") -> Row:
    return rows_of(database, name, as_of)[phase, PAIRS[name].metric, "-"]


def verdict(row: Row) -> tuple[Any, Any]:
    return row["status"], row["reason"]


def test_an_account_that_has_left_makes_no_goal_stale(world: Path) -> None:
    running, over = row_of(world, "left", "2026-03-20"), row_of(world, "left", LAST)

    assert (running["actual"], running["coverage"]) == (3000, 1)
    assert verdict(running) == ("on_track", None)
    assert (over["actual"], over["status"]) == (4000, "met")
    assert row_of(world, "left", "2026-04-05", "p2")["reason"] is None


def test_an_account_whose_last_days_never_came_leaves_its_goal_stale(world: Path) -> None:
    assert verdict(row_of(world, "cut", "2026-03-20")) == ("no_data", "stale_source")


def test_an_account_opened_later_leaves_a_closed_phase_met(world: Path) -> None:
    assert row_of(world, "came", "2026-04-01")["status"] == "met"
    assert row_of(world, "came", "2026-04-03")["status"] == "met"
    assert verdict(row_of(world, "came", "2026-04-03", "p2")) == ("no_data", "stale_source")


def test_a_stock_is_unknown_while_one_account_has_told_none_for_three_days(world: Path) -> None:
    carried, lost = row_of(world, "half", "2026-03-27"), row_of(world, "half", "2026-03-28")

    assert (carried["actual"], carried["status"]) == (2000, "on_track")
    assert (lost["actual"], verdict(lost)) == (None, ("no_data", "low_coverage"))
    assert verdict(row_of(world, "half", LAST)) == ("no_data", "low_coverage")


def test_a_curve_has_no_point_where_the_stock_is_unknown(world: Path) -> None:
    found = query(
        world,
        "select actual_cumulative from kpi.goal_curve where goal_key like 'half/p1/%'"
        " and date between date '2026-03-27' and date '2026-03-28' order by date",
    )

    assert found == [(2000,), (None,)]


def test_a_stock_of_unknown_opening_is_judged_when_it_is_over(world: Path) -> None:
    running, over = row_of(world, "blind", "2026-03-10"), row_of(world, "blind", LAST)

    assert (running["actual"], running["expected_to_date"]) == (2000, None)
    assert verdict(running) == ("no_data", "low_coverage")
    assert (over["actual"], over["status"]) == (2000, "met")


def test_the_stock_of_an_account_that_has_left_counts_no_more(world: Path) -> None:
    assert row_of(world, "sold", "2026-03-10")["actual"] == 2000
    assert row_of(world, "sold", "2026-03-11")["actual"] == 1000


@pytest.mark.parametrize(
    ("name", "numerator", "denominator"),
    [
        pytest.param("mute", 100 + 90, 2000, id="over-the-opening"),
        # twelve come and two leave an account's day
        pytest.param("kept", 2000 + 100 + 90, 2000 + 120 + 108, id="opening-and-days"),
    ],
)
def test_an_account_that_is_silent_on_the_first_day_still_brings_its_stock(
    world: Path, name: str, numerator: float, denominator: float
) -> None:
    row = row_of(world, name, "2026-03-10")

    assert (row["numerator"], row["denominator"]) == (numerator, denominator)
    assert row["reason"] is None


def test_a_rate_over_a_stock_that_one_account_does_not_tell_is_unknown(world: Path) -> None:
    row = row_of(world, "lost", "2026-03-20")

    assert (row["actual"], row["denominator"]) == (None, None)
    assert verdict(row) == ("no_data", "low_coverage")


def test_an_account_that_left_on_the_day_before_brings_no_stock_into_the_phase(
    world: Path,
) -> None:
    row, rate = (row_of(world, name, "2026-03-10") for name in ("eve", "eve_rate"))

    assert (row["actual"], row["expected_to_date"]) == (1000, pytest.approx(1000 + 300 / 3))
    assert (rate["numerator"], rate["denominator"]) == (100, 1000)
