"""Goals whose files change on the way: what is judged anew, what is carried, what stays frozen."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest

from extractors.core.lake import open_lake
from tests.kpi_world import Row, rows_of, run_kpi, write_config, write_world
from tests.warehouse_fixture import days, source_days
from warehouse.config_tables import record_config_version
from warehouse.said import FROZEN

FIRST, THROUGH = "2026-03-01", "2026-05-10"
CAMPAIGN = """\
campaign: {name}
brand: {name}
starts_on: 2026-03-01
ends_on: 2026-04-29
owner: {{name: 运营一组}}
phases:
{phases}
goals:
{goals}
"""
#: by campaign: what its file says from a day on, as phases and goals
VERSIONS: dict[str, Mapping[str, tuple[str, str]]] = {
    "shortened": {
        "2026-03-01": ("p1 2026-03-01 2026-04-29", "plays p1: 6000"),
        "2026-04-16": ("p1 2026-03-01 2026-03-30", "plays p1: 3000"),
        "2026-04-25": ("p1 2026-03-01 2026-03-30", "plays p1: 9000"),
    },
    "added": {
        "2026-03-01": ("p1 2026-03-01 2026-03-30, p2 2026-03-31 2026-04-29", "plays p2: 3000"),
        "2026-04-16": (
            "p1 2026-03-01 2026-03-30, p2 2026-03-31 2026-04-29",
            "plays p1: 3000, p2: 3000",
        ),
    },
    "raised": {
        "2026-03-01": ("p1 2026-03-01 2026-03-30", "plays p1: 3000"),
        "2026-04-16": ("p1 2026-03-01 2026-03-30", "plays p1: 9000"),
    },
    "prolonged": {
        "2026-03-01": ("p1 2026-03-01 2026-03-30", "plays p1: 3000"),
        "2026-04-16": ("p1 2026-03-01 2026-04-04", "plays p1: 9000"),
    },
}
VERSIONS["extended"] = {
    "2026-03-01": ("p1 2026-03-01 2026-03-30", "plays p1: 3000"),
    "2026-04-03": ("p1 2026-03-01 2026-04-10", "plays p1: 9000"),
}
VERSIONS["removed"] = {
    "2026-03-01": ("p1 2026-03-01 2026-03-30", "plays p1: 3000"),
    "2026-04-16": ("p1 2026-03-01 2026-03-30", "er_by_play p1: 0.05"),
}
PHASES = "p1 2026-03-01 2026-03-10, p2 2026-03-11 2026-03-20, p3 2026-03-21 2026-04-29"
VERSIONS |= {
    "turned": {
        "2026-03-01": (PHASES, "er_by_play p3: {lift_over: p1, factor: 1.2}"),
        "2026-04-16": (PHASES, "er_by_play p3: {lift_over: p2, factor: 1.2}"),
    },
    "steeper": {
        "2026-03-01": (PHASES, "er_by_play p3: {lift_over: p1, factor: 1.2}"),
        "2026-04-16": (PHASES, "er_by_play p3: {lift_over: p1, factor: 1.5}"),
    },
    "touched": {"2026-03-01": (PHASES, "er_by_play p3: {lift_over: p1, factor: 1.2}")},
}
#: what was frozen of the first phase before the ledger told phases
FROZEN_BEFORE = [
    {"goal_key": f"{name}/p3/er_by_play/-/platform=douyin", "baseline_value": 0.04}
    | {"as_of_date": date(2026, 3, 10)}
    for name in ("turned", "steeper")
]
#: 0.05025 is measured now
TOUCHED = {**FROZEN_BEFORE[0], "goal_key": "touched/p3/er_by_play/-/platform=douyin"}
TOUCHED |= {"baseline_value": 0.05}
REMOVED = "removed/p1/plays/-/platform=douyin"
ACCEPTED = sorted({day for versions in VERSIONS.values() for day in versions})


def text_of(name: str, day: str) -> str:
    """Return the campaign file as it stands on one day."""
    phases, goals = next(
        said for since, said in sorted(VERSIONS[name].items(), reverse=True) if since <= day
    )
    metric, _, by_phase = goals.partition(" ")
    written = []
    for phase in phases.split(", "):
        key, starts_on, ends_on = phase.split()
        written.append(f"  - {{key: {key}, starts_on: {starts_on}, ends_on: {ends_on}}}")
    goal = f"  - {{metric: {metric}, scope: {{platform: douyin}}, by_phase: {{{by_phase}}}}}"
    return CAMPAIGN.format(name=name, phases="\n".join(written), goals=goal)


def events() -> Iterator[Row]:
    for name in VERSIONS:
        for day in days(FIRST, THROUGH):
            shared = {"basis": "-", "account_key": f"douyin_{name}", "platform": "douyin"}
            shared |= {"stat_date": day, "known_on": day}
            yield {**shared, "metric": "plays", "value": 100}
            first = 50.25 if name == "touched" else 50
            liked = first if day < date(2026, 3, 11) else 100
            yield {**shared, "metric": "er_by_play", "numerator": liked, "denominator": 1000}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every campaign lived through to 2026-05-10, with each version accepted on its day."""
    folder = tmp_path_factory.mktemp("versions")
    for day in ACCEPTED:
        settings = write_config(folder, {name: text_of(name, day) for name in VERSIONS})
        (folder / "clock").write_text(f"{day}T09:00:00+08:00")
        record_config_version(open_lake(settings.lake_url), settings)
    (folder / "clock").write_text(f"{THROUGH}T12:00:00+08:00")
    statuses = [
        status
        for name in VERSIONS
        for stream in ("douyin/account_days", "sheet/account_days")
        for status in source_days(stream, f"douyin_{name}", days(FIRST, THROUGH))
    ]
    removed = {"goal_key": REMOVED, "as_of_date": date(2026, 4, 1)}
    ledgers = {
        "baseline": [*FROZEN_BEFORE, TOUCHED],
        "said": [{**removed, "revision": 1, "status": "met"}],
        "transition": [{**removed, "alert_id": "a1", "rule": "S2", "transition": "fire"}],
        "delivery": [{"alert_id": "a1", "channel": "feishu-ops", "outcome": "delivered"}],
    }
    database = write_world(settings, list(events()), statuses, ledgers)
    run_kpi(database, THROUGH)
    return database


def row_of(database: Path, name: str, as_of: str, phase: str = "p1") -> Row:
    metric = VERSIONS[name][FIRST][1].split()[0]
    return rows_of(database, name, as_of)[phase, metric, "-"]


def figures(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in ("target", "actual", "phase_state", "status", "is_final"))


def test_a_phase_shortened_to_days_long_over_is_judged_on_the_day_that_says_so(
    world: Path,
) -> None:
    before, since = (
        row_of(world, "shortened", "2026-04-15"),
        row_of(world, "shortened", "2026-04-16"),
    )

    assert figures(before) == (6000, 4600, "active", "on_track", False)
    assert figures(since) == (3000, 3000, "closed", "met", True)


def test_a_goal_added_when_its_phase_was_final_is_judged_from_that_day_on(world: Path) -> None:
    assert ("p1", "plays", "-") not in rows_of(world, "added", "2026-04-15")
    assert figures(row_of(world, "added", "2026-04-16")) == (3000, 3000, "closed", "met", True)
    assert figures(row_of(world, "added", THROUGH)) == (3000, 3000, "closed", "met", True)


@pytest.mark.parametrize(
    ("name", "judged_on"),
    [("raised", "2026-04-06"), ("shortened", "2026-04-16")],
    ids=["in its time", "when it was shortened"],
)
def test_a_final_row_is_carried_when_a_later_version_changes_its_target(
    world: Path, name: str, judged_on: str
) -> None:
    final, later = row_of(world, name, judged_on), row_of(world, name, THROUGH)

    assert figures(final) == (3000, 3000, "closed", "met", True)
    assert {**final, "as_of_date": None} == {**later, "as_of_date": None}


def test_a_final_row_of_a_phase_that_was_prolonged_is_final_no_more(world: Path) -> None:
    before, since = row_of(world, "prolonged", "2026-04-15"), row_of(world, "prolonged", THROUGH)

    assert figures(before) == (3000, 3000, "closed", "met", True)
    assert figures(since) == (9000, 3500, "closed", "missed", True)


def test_a_goal_that_lifts_over_another_phase_takes_that_ones_baseline(world: Path) -> None:
    before = row_of(world, "turned", "2026-04-15", "p3")
    since = row_of(world, "turned", "2026-04-16", "p3")

    assert (before["baseline_value"], since["baseline_value"]) == (0.04, 0.1)
    assert since["target"] == pytest.approx(0.12)


def test_a_goal_that_lifts_further_over_its_phase_keeps_the_frozen_baseline(world: Path) -> None:
    row = row_of(world, "steeper", "2026-04-16", "p3")

    assert (row["baseline_value"], row["target"]) == (0.04, pytest.approx(0.06))


def test_a_baseline_restated_by_half_a_percent_exactly_is_not_restated(world: Path) -> None:
    assert row_of(world, "touched", "2026-04-15", "p3")["baseline_restated"] is False
    assert row_of(world, "steeper", "2026-04-15", "p3")["baseline_restated"] is True


def test_a_baseline_is_said_with_its_phase(world: Path) -> None:
    with duckdb.connect(str(world)) as db:
        found = db.execute(FROZEN).fetchall()

    assert set(found) == {("turned/p3/er_by_play/-/platform=douyin", "p2", "2026-03-20", 0.1)}


def test_a_phase_that_runs_again_is_not_restated(world: Path) -> None:
    closed, running, over = (
        row_of(world, "extended", day) for day in ("2026-04-02", "2026-04-03", "2026-04-10")
    )

    assert (closed["status"], closed["restated_from"]) == ("met", None)
    assert (running["phase_state"], running["restated_from"]) == ("active", None)
    assert (over["status"], over["restated_from"]) == ("missed", "met")


@pytest.mark.parametrize("table", ["goal_said", "alert", "alert_delivery"])
def test_what_was_said_of_a_goal_keeps_its_brand_when_the_goal_is_removed(
    world: Path, table: str
) -> None:
    with duckdb.connect(str(world)) as db:
        in_force = db.execute("select 1 from kpi.goal where goal_key = ?", [REMOVED]).fetchall()
        brands = db.execute(f"select brand_key from kpi.{table}").fetchall()

    assert (in_force, brands) == ([], [("removed",)])


def test_every_goal_in_force_has_one_row_on_each_day(world: Path) -> None:
    with duckdb.connect(str(world)) as db:
        doubled = db.execute(
            "select goal_key, as_of_date from kpi.goal_history group by all having count(*) > 1"
        ).fetchall()
        lacking = db.execute(
            "select goal_key from kpi.goal except select goal_key from kpi.goal_status"
        ).fetchall()

    assert (doubled, lacking) == ([], [])
