"""Goals of several accounts, of which some come, leave or fall silent."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kpi_world import Row, rows_of, run_kpi, write_config, write_world
from tests.warehouse_fixture import days, source_days

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
PAIRS = {
    "left": Pair("plays", 4000, {"value": 100}, active_to="2026-03-10", read_to="2026-03-10"),
    "cut": Pair("plays", 4000, {"value": 100}, active_to="2026-03-10", read_to="2026-03-09"),
    "came": Pair("plays", 3000, {"value": 100}, active_from="2026-04-02", read_from="2026-04-20"),
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
