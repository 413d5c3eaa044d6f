"""Rules R1 to R11 one by one, each on a campaign of its own, in one run of the models."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractors.core.lake import open_lake
from tests.kpi_world import Row, run_kpi, write_config, write_world
from tests.warehouse_fixture import days, source_days
from warehouse.config_tables import record_config_version
from warehouse.said import FROZEN_WEEKDAYS

FIRST, LAST, THROUGH = "2026-03-01", "2026-03-30", "2026-06-01"
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
  - {goal}
"""
SCOPE = "scope: {platform: douyin}"
GOALS = {
    "lower": f"{{metric: unfollow_rate, {SCOPE}, by_phase: {{p1: 0.10}}}}",
    "limit": f"{{metric: unfollows, {SCOPE}, by_phase: {{p1: 100}}}}",
    "stock": f"{{metric: followers, {SCOPE}, by_phase: {{p1: 1300}}}}",
    "half": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}}}}",
    "exact": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}}}}",
    "slow": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}}}}",
    "blank": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}}}}",
    "zero": f"{{metric: er_by_play, {SCOPE}, by_phase: {{p1: 0.05}}}}",
    "small": f"{{metric: er_by_play, {SCOPE}, by_phase: {{p1: 0.05}}}}",
    "few": f"{{metric: cvr_live_viewer, {SCOPE}, by_phase: {{p1: 0.005}}}}",
    "lift": f"{{metric: er_by_play, {SCOPE}, by_phase: {{p2: {{lift_over: p1, factor: 1.2}}}}}}",
    **{
        f"lift_{name}": f"{{metric: {metric}, {SCOPE},"
        f" by_phase: {{{own}p2: {{lift_over: p1, factor: 1.2}}}}}}"
        for name, metric, own in (
            ("toneless", "negative_share", "p1: 0.2, "),
            ("few", "cvr_live_viewer", "p1: 0.0005, "),
            ("hole", "plays", "p1: 3000, "),
            ("told", "plays", "p1: 3000, "),
        )
    },
    "guard": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}},"
    " guardrails: [{metric: unfollow_rate, max: 0.10}]}",
    "toneless": f"{{metric: negative_share, {SCOPE}, by_phase: {{p1: 0.2}}}}",
    "moved": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}}}}",
    "weightless": f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}},"
    " pacing: {curve: [[2026-03-01, 1]]}}",
    **dict.fromkeys(
        ("weekly", "weekly_few", "weekly_told"),
        f"{{metric: plays, {SCOPE}, by_phase: {{p1: 3000}}, pacing: weekday}}",
    ),
}
Figures = Callable[[int], dict[tuple[str, str], Any]]


def ratio(metric: str, numerator: float, denominator: float) -> dict[tuple[str, str], Any]:
    return {(metric, "-"): (numerator, denominator)}


def one(metric: str, value: float | None) -> dict[tuple[str, str], Any]:
    return {(metric, "-"): value}


#: what the one account of each campaign reports on the n-th day of March, from 0
REPORTED: dict[str, Figures] = {
    "lower": lambda n: ratio("unfollow_rate", 12, 100),
    "limit": lambda n: one("unfollows", 10),
    "stock": lambda n: one("followers", 1000 + n * 20 // 3),
    "half": lambda n: one("plays", 100),
    "exact": lambda n: one("plays", 100),
    "slow": lambda n: one("plays", 50),
    "blank": lambda n: one("plays", None),
    "zero": lambda n: ratio("er_by_play", 0, 0),
    "small": lambda n: ratio("er_by_play", 2, 30),
    "few": lambda n: ratio("cvr_live_viewer", 10, 1000),
    "lift": lambda n: ratio("er_by_play", 50, 1000),
    "lift_toneless": lambda n: {
        **ratio("negative_share", 5, 50),
        **ratio("classified_share", 70 if n < 30 else 95, 100),
    },
    "lift_few": lambda n: ratio("cvr_live_viewer", 10, 1000),
    **dict.fromkeys(
        ("lift_hole", "lift_told"), lambda n: one("plays", None if n in (10, 20) else 100)
    ),
    "guard": lambda n: {**one("plays", 100), **ratio("unfollow_rate", 12, 100)},
    "toneless": lambda n: {
        **ratio("negative_share", 5, 50),
        **ratio("classified_share", 70 if n < 10 else 95, 100),
    },
    "moved": lambda n: one("plays", 100),
    "weightless": lambda n: one("plays", 100),
    **dict.fromkeys(("weekly", "weekly_few", "weekly_told"), lambda n: one("plays", 100)),
}
#: how many of the 8 ISO weeks before the first of March, a Sunday, each account has played
PLAYED_WEEKS = {"weekly": 8, "weekly_few": 3, "weekly_told": 8}
SHARES_TOLD = {weekday: 0.4 if weekday == 7 else 0.1 for weekday in range(1, 8)}


def events() -> Iterator[Row]:
    for name, figures in REPORTED.items():
        for n, day in enumerate(days(FIRST, THROUGH)):
            for (metric, basis), value in figures(n).items():
                row = {"metric": metric, "basis": basis, "account_key": f"douyin_{name}"}
                row |= {"platform": "douyin", "stat_date": day, "known_on": day}
                parts = ("numerator", "denominator") if isinstance(value, tuple) else ("value",)
                given = value if isinstance(value, tuple) else (value,)
                yield row | dict(zip(parts, given, strict=True))
    # the stock stood at 1,000 before the phase
    opening = {"metric": "followers", "basis": "-", "account_key": "douyin_stock"}
    before = date(2026, 2, 28)
    yield {**opening, "platform": "douyin", "stat_date": before, "known_on": before, "value": 1000}


def weekly_events() -> Iterator[Row]:
    """Yield the weeks before: 1,000 plays each, a tenth a day, 3 on Saturday, 2 on Sunday."""
    last_sunday = date(2026, 2, 22)
    for name, weeks in PLAYED_WEEKS.items():
        shared = {"metric": "plays", "basis": "-", "account_key": f"douyin_{name}"}
        shared |= {"platform": "douyin"}
        for day in days(str(last_sunday - timedelta(weeks * 7 - 1)), str(last_sunday)):
            value = {6: 300, 7: 200}.get(day.isoweekday(), 100)
            yield {**shared, "stat_date": day, "known_on": day, "value": value}
        # known after the first day of the phase: the weights are frozen by then
        late = {"stat_date": date(2026, 2, 20), "known_on": date(2026, 3, 5), "value": 5000}
        yield {**shared, **late}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every campaign lived through to 2026-06-01."""
    folder = tmp_path_factory.mktemp("rules")
    texts = {name: CAMPAIGN.format(name=name, goal=goal) for name, goal in GOALS.items()}
    settings = write_config(folder, texts)
    lake = open_lake(settings.lake_url)
    (folder / "clock").write_text("2026-03-01T09:00:00+08:00")
    record_config_version(lake, settings)
    changed = texts["moved"].replace("p1: 3000", "p1: 6000")
    (settings.config_dir / "campaigns" / "moved.yml").write_text(changed)
    (folder / "clock").write_text("2026-03-20T09:00:00+08:00")
    record_config_version(lake, settings)
    (folder / "clock").write_text(f"{THROUGH}T12:00:00+08:00")

    statuses = [
        status
        for name in GOALS
        for stream in (
            *("douyin/account_days", "sheet/account_days", "sheet/live_sessions"),
            "sheet/mentions",
        )
        for status in source_days(stream, f"douyin_{name}", days(FIRST, THROUGH))
    ]
    frozen = {
        "goal_key": "lift/p2/er_by_play/-/platform=douyin",
        "as_of_date": date(2026, 3, 30),
        "baseline_value": 0.04,
    }
    kept = {
        "goal_key": "lift_told/p2/plays/-/platform=douyin",
        "as_of_date": date(2026, 4, 2),
        "baseline_value": 2800,
    }
    key = f"plays|-|weekly_told|own|douyin||{FIRST}|{LAST}|weekday"
    told = [
        {"span_key": key, "weekday": n, "weight": weight, "as_of_date": date(2026, 3, 1)}
        for n, weight in SHARES_TOLD.items()
    ]
    ledgers = {"baseline": [frozen, kept], "weekday_share": told}
    database = write_world(settings, [*events(), *weekly_events()], statuses, ledgers)
    with duckdb.connect(str(database)) as db:
        # accepted before such a curve was refused
        db.execute("update config.pacing_weight set weight = 0")
        # a second account of the brand is silent every tenth day
        db.execute(
            """
            insert into config.account
            select * replace ('douyin_half_b' as account_key) from config.account
            where account_key = 'douyin_half';
            insert into lake.source_day
            select * replace ('douyin_half_b' as account_key) from lake.source_day
            where account_key = 'douyin_half';
            insert into intermediate.int_metric_event
            select * replace (
                'douyin_half_b' as account_key,
                case when day(stat_date) % 10 > 0 then 100 end as value
            )
            from intermediate.int_metric_event where account_key = 'douyin_half'
            """
        )
    run_kpi(database, THROUGH)
    return database


def row_of(database: Path, name: str, as_of: str, phase: str = "p1") -> Row:
    with duckdb.connect(str(database)) as db:
        found = db.execute(
            "select * from kpi.goal_history"
            " where campaign_key = $name and as_of_date = $day and phase_key = $phase",
            {"name": name, "day": as_of, "phase": phase},
        ).to_arrow_table()
    assert found.num_rows == 1
    return found.to_pylist()[0]


def test_lower_is_better_turns_attainment_and_pace_around(world: Path) -> None:
    row = row_of(world, "lower", "2026-03-15")

    assert (row["actual"], row["attainment"], row["pace"]) == pytest.approx((0.12, 5 / 6, 5 / 6))
    assert (row["status"], row["severity"]) == ("at_risk", "warning")
    assert row_of(world, "lower", LAST)["status"] == "missed"


def test_a_limit_that_is_passed_is_critical_at_once(world: Path) -> None:
    reached, passed = row_of(world, "limit", "2026-03-10"), row_of(world, "limit", "2026-03-11")

    assert (reached["actual"], passed["actual"]) == (100, 110)
    assert (passed["status"], passed["severity"]) == ("at_risk", "critical")


def test_a_stock_is_held_to_the_line_from_its_opening_value(world: Path) -> None:
    row = row_of(world, "stock", "2026-03-16")

    assert (row["actual"], row["expected_to_date"]) == pytest.approx((1100, 1160))
    assert row["pace"] == pytest.approx(100 / 160)
    assert row["status"] == "at_risk"


def test_a_day_that_half_the_accounts_report_weighs_half(world: Path) -> None:
    row = row_of(world, "half", "2026-03-10")

    assert row["coverage"] == pytest.approx(19 / 20)
    assert row["expected_to_date"] == pytest.approx(3000 * 9.5 / 30)
    assert row["actual"] == 1900


def test_a_curve_without_weight_expects_nothing_and_breaks_nothing(world: Path) -> None:
    row = row_of(world, "weightless", "2026-03-15")

    assert (row["actual"], row["expected_to_date"], row["pace"]) == (1500, None, None)
    assert row_of(world, "weightless", LAST)["status"] == "met"


def test_reaching_the_target_exactly_is_reaching_it(world: Path) -> None:
    before, last = row_of(world, "exact", "2026-03-29"), row_of(world, "exact", LAST)

    assert (before["status"], before["forecast"]) == ("on_track", pytest.approx(3000))
    assert (last["actual"], last["status"]) == (3000, "met")


def test_a_target_out_of_reach_is_critical(world: Path) -> None:
    row = row_of(world, "slow", "2026-03-15")

    assert row["forecast_high"] < 3000
    assert (row["status"], row["severity"]) == ("at_risk", "critical")
    assert row["required_per_day"] == pytest.approx(2250 / 15)


@pytest.mark.parametrize(
    ("name", "as_of", "reason"),
    [
        ("blank", "2026-03-15", "no_rows"),
        ("zero", "2026-03-15", "zero_denominator"),
        ("small", "2026-03-15", "insufficient_denominator"),
        ("few", "2026-03-05", "insufficient_denominator"),
        ("few", "2026-03-06", None),
        ("toneless", "2026-03-16", "low_classification"),  # 1,270 of 1,600
        ("toneless", "2026-03-17", None),  # 1,365 of 1,700
        ("slow", "2026-03-02", "too_early"),
        ("slow", "2026-03-03", None),
    ],
)
def test_the_first_reason_that_holds_is_told(
    world: Path, name: str, as_of: str, reason: str | None
) -> None:
    row = row_of(world, name, as_of)

    assert row["reason"] == reason
    assert (row["status"] == "no_data") == (reason is not None)


def test_a_frozen_baseline_stays_and_says_that_it_moved(world: Path) -> None:
    row = row_of(world, "lift", "2026-04-10", "p2")

    assert (row["baseline_value"], row["baseline_restated"]) == (0.04, True)
    assert row["target"] == pytest.approx(0.048)
    assert row["status"] == "on_track"


def test_a_frozen_baseline_stays_when_its_phase_loses_its_verdict(world: Path) -> None:
    before, since = (row_of(world, "lift_told", day, "p2") for day in ("2026-04-01", "2026-04-20"))

    assert before["reason"] == "baseline_open"
    assert (since["baseline_value"], since["target"]) == (2800, pytest.approx(3360))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lift_toneless", "low_classification"),
        ("lift_few", "insufficient_denominator"),
        ("lift_hole", "low_coverage"),
    ],
)
def test_a_phase_without_a_verdict_is_no_baseline(world: Path, name: str, reason: str) -> None:
    over, lifted = row_of(world, name, "2026-04-01"), row_of(world, name, "2026-04-20", "p2")

    assert over["reason"] == reason
    assert (lifted["baseline_value"], lifted["reason"]) == (None, "baseline_open")


def test_a_guardrail_is_shown_and_changes_no_verdict(world: Path) -> None:
    row = row_of(world, "guard", "2026-03-15")

    assert (row["guardrail_state"], row["status"]) == ("breached", "on_track")


def test_a_guardrail_is_shown_as_long_as_its_goal_is_judged(world: Path) -> None:
    # unfollows are final three days after the phase, plays seven
    for day in ("2026-04-02", "2026-04-03", "2026-04-06", THROUGH):
        assert row_of(world, "guard", day)["guardrail_state"] == "breached", day


def test_an_as_of_day_is_judged_by_the_version_in_force_that_day(world: Path) -> None:
    before, after = row_of(world, "moved", "2026-03-19"), row_of(world, "moved", "2026-03-20")

    assert (before["target"], before["status"]) == (3000, "on_track")
    assert (after["target"], after["status"]) == (6000, "at_risk")


def test_a_final_row_is_carried_unchanged(world: Path) -> None:
    final, later = row_of(world, "exact", "2026-04-06"), row_of(world, "exact", THROUGH)

    assert final["is_final"] and not row_of(world, "exact", "2026-04-05")["is_final"]
    assert {**final, "as_of_date": None} == {**later, "as_of_date": None}


def test_a_missed_goal_s_incident_ends_when_it_is_final(world: Path) -> None:
    assert row_of(world, "slow", "2026-04-05")["incident_opened_on"] == date(2026, 3, 3)
    assert row_of(world, "slow", "2026-04-06")["incident_opened_on"] is None


@pytest.mark.parametrize(
    ("name", "expected", "pacing"),
    [
        # by the 8th two Sundays, five working days and a Saturday are over, of 4.3 weeks' worth
        ("weekly", 3000 * (2 * 0.2 + 5 * 0.1 + 0.3) / 4.3, "weekday"),
        ("weekly_few", 3000 * 8 / 30, "weekday_as_linear"),
        ("weekly_told", 3000 * (2 * 0.4 + 6 * 0.1) / 4.5, "weekday"),
    ],
)
def test_a_goal_paced_by_weekday_expects_each_weekdays_share(
    world: Path, name: str, expected: float, pacing: str
) -> None:
    row = row_of(world, name, "2026-03-08")
    with duckdb.connect(str(world)) as db:
        (said,) = db.execute("select pacing from kpi.goal where brand_key = ?", [name]).fetchone()

    assert row["expected_to_date"] == pytest.approx(expected)
    assert row["actual"] == 800
    assert said == pacing


def test_weekday_weights_are_frozen_once_and_said_once(world: Path) -> None:
    with duckdb.connect(str(world)) as db:
        found = db.execute(FROZEN_WEEKDAYS).fetchall()

    assert [(row[0].split("|")[2], row[1], round(row[2], 9), row[3]) for row in found] == [
        ("weekly", n, {6: 0.3, 7: 0.2}.get(n, 0.1), FIRST) for n in range(1, 8)
    ]
