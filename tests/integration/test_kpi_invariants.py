"""What holds of goals whatever the figures: each drawn world is several brands in one build."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.kpi_world import Row, run_kpi, write_config, write_world
from tests.warehouse_fixture import days, source_days

FIRST, MIDDLE, THROUGH = "2026-03-01", "2026-03-25", "2026-04-12"
CAMPAIGN = """\
campaign: {brand}
brand: {brand}
starts_on: 2026-03-01
ends_on: 2026-04-09
owner: {{name: 运营一组}}
phases:
  - {{key: p1, starts_on: 2026-03-01, ends_on: 2026-03-20}}
  - {{key: p2, starts_on: 2026-03-21, ends_on: 2026-04-09}}
goals:
  - metric: plays
    scope: {{platform: douyin}}
    target: {total}
    by_phase: {{p1: {p1}, p2: {p2}}}
    pacing: {pacing}
"""
BRANDS = ("one", "two", "three", "four")
DAYS = days(FIRST, THROUGH)
#: the plays of a brand's days, None where nothing was read, with its targets and its pacing
figures = st.lists(
    st.one_of(st.none(), st.integers(0, 500), st.integers(0, 5)),
    min_size=len(DAYS),
    max_size=len(DAYS),
)
worlds = st.fixed_dictionaries(
    {
        brand: st.tuples(
            figures,
            st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
            st.sampled_from(["linear", "{curve: [[2026-03-01, 1], [2026-03-11, 3]]}"]),
        )
        for brand in BRANDS
    }
)
World = Mapping[str, tuple[list[int | None], tuple[int, int], str]]
Verdicts = dict[tuple[str, str | None, date], Row]


def greater(world: World) -> dict[str, tuple[list[int | None], tuple[int, int], str]]:
    """Return every brand beside a twin that plays 7 more on each day that was read."""
    twins = {
        f"{brand}_more": ([None if n is None else n + 7 for n in plays], targets, pacing)
        for brand, (plays, targets, pacing) in world.items()
    }
    return {**world, **twins}


def events(world: World, until: date) -> Iterator[Row]:
    for brand, (plays, _, _) in world.items():
        for day, value in zip(DAYS, plays, strict=True):
            if day <= until:
                row = {"metric": "plays", "basis": "-", "account_key": f"douyin_{brand}"}
                row |= {"platform": "douyin", "stat_date": day, "known_on": day}
                yield row | {"value": value}


def history(folder: Path, world: World, through: str) -> Verdicts:
    """Build the goals of a world through a day; return every verdict."""
    campaigns = {
        brand: CAMPAIGN.format(brand=brand, total=p1 + p2, p1=p1, p2=p2, pacing=pacing)
        for brand, (_, (p1, p2), pacing) in world.items()
    }
    site = write_config(folder, campaigns)
    until = date.fromisoformat(through)
    read = days(FIRST, through)
    statuses = [
        status
        for brand in world
        for stream in ("douyin/account_days", "sheet/account_days")
        for status in source_days(stream, f"douyin_{brand}", read)
    ]
    database = write_world(site, list(events(world, until)), statuses)
    run_kpi(database, through)
    with duckdb.connect(str(database)) as db:
        rows = db.execute("select * from kpi.goal_history").to_arrow_table().to_pylist()
    return {(row["campaign_key"], row["phase_key"], row["as_of_date"]): row for row in rows}


@pytest.mark.slow
@settings(
    max_examples=2,
    phases=[Phase.generate],  # a build is too slow for shrinking
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(drawn=worlds)
def test_goals_hold_their_invariants(drawn: World) -> None:
    world = greater(drawn)

    with TemporaryDirectory() as folder:
        lived = history(Path(folder) / "lived", world, THROUGH)
        replayed = history(Path(folder) / "replayed", world, MIDDLE)

    check_twins(lived)
    check_growth(lived)
    check_campaigns(lived)
    assert replayed
    for key, row in replayed.items():
        assert comparable(row) == comparable(lived[key])


def comparable(row: Row) -> Row:
    """Return a verdict without what names the build."""
    return {name: value for name, value in row.items() if name != "release_id"}


def check_twins(lived: Verdicts) -> None:
    """More plays never make a goal look worse."""
    pairs = [
        (lived[brand.removesuffix("_more"), phase, day], row)
        for (brand, phase, day), row in lived.items()
        if brand.endswith("_more")
    ]
    assert pairs
    for less, more in pairs:
        assert (less["reason"], less["coverage"]) == (more["reason"], more["coverage"])
        if less["attainment"] is not None:
            assert less["attainment"] <= more["attainment"]
            assert not (less["status"] == "met" and more["status"] != "met")


def check_growth(lived: Verdicts) -> None:
    """A sum of what cannot be negative never falls, and its status says whether it arrived."""
    for (brand, phase, day), row in lived.items():
        before = lived.get((brand, phase, day - timedelta(1)))
        if before and before["actual"] is not None and row["actual"] is not None:
            assert before["actual"] <= row["actual"]
            assert before["attainment"] <= row["attainment"]
        if row["status"] == "met":
            assert row["actual"] >= row["target"]
        if row["status"] in ("missed", "at_risk"):
            assert row["actual"] < row["target"]
        assert (row["status"] == "no_data") == (row["reason"] is not None)


def check_campaigns(lived: Verdicts) -> None:
    """A campaign's target and sum are those of its phases."""
    wholes = [(key, row) for key, row in lived.items() if row["level"] == "campaign"]
    assert wholes
    for (brand, _, day), whole in wholes:
        phases = [
            lived[brand, phase, day] for phase in ("p1", "p2") if (brand, phase, day) in lived
        ]
        assert whole["target"] == sum(row["target"] for row in phases)
        if whole["actual"] is not None and all(row["observed_parts"] for row in seen(phases)):
            assert whole["actual"] == sum(row["actual"] or 0 for row in phases)


def seen(phases: list[Row]) -> list[Row]:
    """Return the phases that have begun, saying whether their sum is told."""
    begun = [row for row in phases if row["phase_state"] != "upcoming"]
    return [{**row, "observed_parts": row["actual"] is not None} for row in begun]
