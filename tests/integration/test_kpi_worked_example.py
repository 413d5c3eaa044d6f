"""The worked example of the goals page and its variants, through dbt on a DuckDB file."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.kpi_world import campaign_text, make_world, rows_of, run_kpi

CURVE = "{curve: [[2026-04-01, 1], [2026-04-11, 2]]}"
FOLLOWERS = "target: 50000"
CAMPAIGNS = {
    "base": campaign_text("base"),
    "curve": campaign_text(
        "curve",
        **{"pacing: linear": f"pacing: {CURVE}", FOLLOWERS: f"{FOLLOWERS}\n    pacing: {CURVE}"},
    ),
    "stale": campaign_text("stale"),
    "hole": campaign_text("hole"),
    "gap": campaign_text("gap"),
    "holes": campaign_text("holes"),
    "net": campaign_text("net", **{"basis: gross": "basis: net"}),
    "cash": campaign_text("cash", **{"basis: order_date": "basis: refund_date"}),
}
HIDDEN = {
    "stale": frozenset({date(2026, 4, 14), date(2026, 4, 15)}),
    "hole": frozenset({date(2026, 3, 5)}),
    "gap": frozenset({date(2026, 3, 21), date(2026, 3, 22)}),
    "holes": frozenset(date(2026, 3, day) for day in range(21, 25)),
}
COMPARED = (
    *("target", "actual", "numerator", "denominator", "expected_to_date", "attainment", "pace"),
    *("required_per_day", "forecast", "forecast_low", "forecast_high"),
)
#: phase, metric, basis -> COMPARED, then phase_state, status, severity, reason, is_final
EXPECTED = {
    ("p1", "plays", "-"): (
        *(200000, 209000, None, None, 200000, 1.045, 1.045, None, None, None, None),
        *("closed", "met", None, None, True),
    ),
    ("p1", "new_followers", "gross"): (
        *(15000, 14600, None, None, 15000, 0.9733333333, 0.9733333333, None, None, None, None),
        *("closed", "missed", "critical", None, True),
    ),
    ("p2", "plays", "-"): (
        *(500000, 250000, None, None, 250000, 0.5, 1, 16666.666666667),
        *(545714.285714286, 511364.360926916, 580064.210501656),
        *("active", "on_track", None, None, False),
    ),
    ("p2", "new_followers", "gross"): (
        *(20000, 9400, None, None, 10000, 0.47, 0.94, 706.666666667),
        *(20114.285714286, 19126.725376649, 21101.846051923),
        *("active", "at_risk", "warning", None, False),
    ),
    ("p2", "er_by_play", "-"): (
        *(0.053684210526, 0.0544, 13600, 250000, 0.053684210526, 1.013333333333, 1.013333333333),
        *(None, None, None, None),
        *("active", "on_track", None, None, False),
    ),
    ("all", "plays", "-"): (
        *(1000000, 459000, None, None, 450000, 0.459, 1.02, 11760.869565217, None, None, None),
        *("active", "on_track", None, None, False),
    ),
    ("all", "new_followers", "gross"): (
        *(50000, 24000, None, None, 25000, 0.48, 0.96, 565.217391304, None, None, None),
        *("active", "on_track", None, None, False),
    ),
    **{
        key: (target, *[None] * 10, "upcoming", "no_data", None, "phase_not_started", False)
        for key, target in {
            ("p3", "plays", "-"): 300000,
            ("p3", "new_followers", "gross"): 15000,
            ("p3", "live_viewers", "-"): 150000,
            ("p3", "cvr_live_viewer", "-"): 0.005,
            ("p3", "net_gmv", "order_date"): 65000,
        }.items()
    },
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaign lived through to 2026-06-15, every variant beside the others."""
    folder = tmp_path_factory.mktemp("kpi")
    database = make_world(folder, CAMPAIGNS, hidden=HIDDEN)
    run_kpi(database, "2026-04-15")
    with duckdb.connect(str(database)) as db:
        db.execute("create table lived as from kpi.goal_history")
        db.execute("create table lived_status as from kpi.goal_status")
    run_kpi(database, "2026-06-15")
    return database


def test_rows_of_april_15_are_those_of_the_page(world: Path) -> None:
    found = rows_of(world, "base", "2026-04-15")

    assert set(found) == set(EXPECTED)
    for key, expected in EXPECTED.items():
        row = found[key]
        figures = [row[name] for name in COMPARED]
        words = [row[name] for name in ("phase_state", "status", "severity", "reason", "is_final")]
        assert figures == pytest.approx(list(expected[:11]), abs=1e-6), key
        assert words == list(expected[11:]), key


def test_the_newest_day_of_the_history_is_the_status(world: Path) -> None:
    with duckdb.connect(str(world)) as db:
        rows, differing = db.execute(
            """
            select
                (select count(*) from lived_status),
                (select count(*) from (
                    from lived where as_of_date = date '2026-04-15' except from lived_status
                ))
            """
        ).fetchone()

    assert rows == 12 * len(CAMPAIGNS)
    assert differing == 0


def test_a_replay_gives_what_was_lived(world: Path) -> None:
    with duckdb.connect(str(world)) as db:
        days, differing = db.execute(
            """
            select
                (select count(distinct as_of_date) from lived),
                (select count(*) from (
                    (from lived except
                     from kpi.goal_history where as_of_date <= date '2026-04-15')
                    union all
                    (from kpi.goal_history where as_of_date <= date '2026-04-15' except
                     from lived)
                ))
            """
        ).fetchone()

    assert days == 46
    assert differing == 0


def test_a_curve_expects_less_while_its_weights_are_small(world: Path) -> None:
    found = rows_of(world, "curve", "2026-04-15")

    plays, followers = found["p2", "plays", "-"], found["p2", "new_followers", "gross"]
    assert (plays["expected_to_date"], plays["pace"]) == pytest.approx((200000, 1.25))
    assert (followers["expected_to_date"], followers["pace"]) == pytest.approx((8000, 1.175))
    assert followers["status"] == "on_track"


def test_a_stale_source_shows_targets_only_and_the_last_verdict(world: Path) -> None:
    found = rows_of(world, "stale", "2026-04-15")

    stale = {key for key, row in found.items() if row["reason"] == "stale_source"}
    assert stale == {
        ("p2", "plays", "-"),
        ("p2", "new_followers", "gross"),
        ("p2", "er_by_play", "-"),
        ("all", "plays", "-"),
        ("all", "new_followers", "gross"),
    }
    followers = found["p2", "new_followers", "gross"]
    assert (followers["status"], followers["last_known_status"]) == ("no_data", "at_risk")
    assert followers["target"] == 20000
    assert all(followers[name] is None for name in COMPARED[1:])
    assert followers["incident_opened_on"] == date(2026, 4, 3)
    assert found["p1", "plays", "-"]["status"] == "met"


def test_a_missing_day_is_left_out_of_both_sums_of_a_ratio(world: Path) -> None:
    found = rows_of(world, "hole", "2026-04-15")

    plays = found["p1", "plays", "-"]
    assert (plays["actual"], plays["status"]) == (205000, "met")
    assert plays["coverage"] == pytest.approx(30 / 31)
    assert found["p2", "er_by_play", "-"]["baseline_value"] == pytest.approx(9190 / 205000)


def test_missing_days_that_could_lift_a_closed_goal_leave_it_open(world: Path) -> None:
    found = rows_of(world, "gap", "2026-04-15")

    plays = found["p1", "plays", "-"]
    assert (plays["actual"], plays["status"], plays["reason"]) == (
        191000,
        "no_data",
        "low_coverage",
    )


def test_coverage_below_ninety_percent_is_no_data_and_no_baseline(world: Path) -> None:
    found = rows_of(world, "holes", "2026-04-15")

    plays, rate = found["p1", "plays", "-"], found["p2", "er_by_play", "-"]
    assert (plays["status"], plays["reason"]) == ("no_data", "low_coverage")
    assert plays["coverage"] == pytest.approx(27 / 31)
    assert (rate["reason"], rate["target"]) == ("baseline_open", None)


def test_the_end_of_may_closes_the_last_phase(world: Path) -> None:
    found = rows_of(world, "base", "2026-05-31")

    actual = {key: (row["actual"], row["status"]) for key, row in found.items() if key[0] == "p3"}
    assert actual == {
        ("p3", "plays", "-"): (309000, "met"),
        ("p3", "new_followers", "gross"): (17500, "met"),
        ("p3", "live_viewers", "-"): (156000, "met"),
        ("p3", "cvr_live_viewer", "-"): (pytest.approx(0.00516667, abs=1e-8), "met"),
        ("p3", "net_gmv", "order_date"): (68800, "met"),
    }
    assert not found["p3", "net_gmv", "order_date"]["is_final"]
    assert found["all", "plays", "-"]["actual"] == 1013000


def test_late_refunds_turn_a_met_goal_into_a_missed_one(world: Path) -> None:
    charged_back = rows_of(world, "base", "2026-06-15")["p3", "net_gmv", "order_date"]
    cash = rows_of(world, "cash", "2026-06-15")["p3", "net_gmv", "refund_date"]

    assert (charged_back["actual"], charged_back["status"]) == (64000, "missed")
    assert (charged_back["restated_from"], charged_back["is_final"]) == ("met", True)
    assert (cash["actual"], cash["status"], cash["restated_from"]) == (68800, "met", None)


def test_the_basis_decides_the_verdict_of_the_campaign(world: Path) -> None:
    gross = rows_of(world, "base", "2026-05-31")["all", "new_followers", "gross"]
    net = rows_of(world, "net", "2026-05-31")["all", "new_followers", "net"]

    assert (gross["actual"], gross["status"]) == (51000, "met")
    assert (net["actual"], net["status"]) == (46660, "missed")


def test_the_share_of_added_ratios_is_not_the_mean_of_days(world: Path) -> None:
    rate = rows_of(world, "base", "2026-04-30")["p2", "er_by_play", "-"]

    assert rate["actual"] == pytest.approx(27000 / 495000)
    assert rate["status"] == "met"


def test_an_incident_closes_on_the_second_day_on_track(world: Path) -> None:
    key = ("p2", "new_followers", "gross")
    opened = {
        day: rows_of(world, "base", f"2026-04-{day}")[key]["incident_opened_on"]
        for day in (15, 16, 17, 18)
    }

    assert opened[15] == opened[16] == date(2026, 4, 3)
    assert opened[18] is None


def test_curves_reach_their_targets_on_the_last_day(world: Path) -> None:
    with duckdb.connect(str(world)) as db:
        found = db.execute(
            """
            select goal_key, expected_cumulative, actual_cumulative, target
            from kpi.goal_curve
            where goal_key like 'base/%/plays/%'
            qualify row_number() over (partition by goal_key order by date desc) = 1
            order by goal_key
            """
        ).fetchall()

    assert [row[1:] for row in found] == [
        pytest.approx(expected)
        for expected in (
            (1000000, 1013000, 1000000),
            (200000, 209000, 200000),
            (500000, 495000, 500000),
            (300000, 309000, 300000),
        )
    ]
