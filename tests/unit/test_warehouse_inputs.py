from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from tests.warehouse_site import land, land_day, make_site, plays, source_days
from warehouse.ledger_tables import COLUMNS, ledger_tables
from warehouse.said import BASELINES, SAID, WEEKDAYS, new_verdicts, say


def rows_of(site, as_of: str) -> dict[tuple[str, str, str], dict]:
    rows = source_days(site, date.fromisoformat(as_of))
    return {(row["stream"], row["account_key"], str(row["stat_date"])): row for row in rows}


def test_source_days_run_from_the_first_landed_day_to_the_as_of_day(tmp_path):
    site, _ = make_site(tmp_path)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-13", 1))
    land(site, "alpha/days", "alpha_acme", {"2026-04-15": "empty"})

    rows = rows_of(site, "2026-04-15")

    assert {key: row["status"] for key, row in rows.items()} == {
        ("days", "alpha_acme", "2026-04-13"): "ok",
        ("days", "alpha_acme", "2026-04-14"): "missing",
        ("days", "alpha_acme", "2026-04-15"): "empty",
    }


def test_a_missing_day_is_late_only_after_its_deadline(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-14")
    key = ("days", "alpha_acme", "2026-04-15")

    before = rows_of(site, "2026-04-15")[key]
    clock.set("2026-04-16", "12:00")
    after = rows_of(site, "2026-04-15")[key]

    assert (before["is_late"], after["is_late"]) == (False, True)
    assert after["is_required"]
    assert after["deadline_at"] == datetime(2026, 4, 16, 4, 0, tzinfo=UTC)


def test_the_winning_slice_speaks_before_a_newer_failure(tmp_path):
    site, _ = make_site(tmp_path)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 1))
    land(site, "alpha/days", "alpha_acme", {"2026-04-15": "failed"})

    row = rows_of(site, "2026-04-15")["days", "alpha_acme", "2026-04-15"]

    assert (row["status"], row["batch_id"], row["error"]) == ("ok", "b00000", None)


def test_a_slice_that_the_gate_refused_is_suspect_and_names_the_rule(tmp_path):
    site, _ = make_site(tmp_path)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-14", 1))
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 1), is_passed=False)

    row = rows_of(site, "2026-04-15")["days", "alpha_acme", "2026-04-15"]

    assert (row["status"], row["error"]) == ("suspect", "refused by a_rule")


def test_a_file_stream_is_expected_after_its_first_file(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-14")

    before = {stream for stream, _, _ in rows_of(site, "2026-04-15")}
    land(site, "paper/notes", "alpha_acme", {"2026-04-15": [{"note": "n"}]})
    after = {account for stream, account, _ in rows_of(site, "2026-04-15") if stream == "notes"}

    assert before == {"days"}
    assert after == {"alpha_acme"}


def test_ledger_tables_have_their_columns_also_when_empty(tmp_path):
    site, _ = make_site(tmp_path)

    tables = ledger_tables(site.lake)

    assert {name: table.num_rows for name, table in tables.items()} == dict.fromkeys(COLUMNS, 0)
    assert tables["release"].schema.field("published_at").type == pa.timestamp("us", tz="UTC")


def test_an_entry_with_rows_becomes_one_row_each(tmp_path):
    site, _ = make_site(tmp_path)
    verdict = {"goal_key": "g", "as_of_date": "2026-04-15", "revision": 1, "status": "met"}
    entry = {"release_id": "r1", "said_at": "2026-04-16T02:45:00+00:00", "rows": [verdict, verdict]}
    site.lake.append("said", "r1", entry)

    said = ledger_tables(site.lake)["said"].to_pylist()

    assert len(said) == 2
    assert said[0]["as_of_date"] == date(2026, 4, 15)
    assert said[0]["said_at"] == datetime(2026, 4, 16, 2, 45, tzinfo=UTC)
    assert (said[0]["release_id"], said[0]["actual"]) == ("r1", None)


@pytest.mark.parametrize(
    ("told", "revisions"),
    [
        ([], [1]),
        ([{"status": "met", "actual": 1.0, "revision": 1}], []),
        ([{"status": "met", "actual": 2.0, "revision": 1}], [2]),
        (
            [
                {"status": "met", "actual": 1.0, "revision": 1},
                {"status": "missed", "actual": 0.0, "revision": 2},
            ],
            [3],
        ),
    ],
    ids=["never said", "said the same", "another figure", "back to the first word"],
)
def test_a_verdict_is_said_when_it_differs_from_the_last_word(told, revisions):
    same = {"goal_key": "g", "as_of_date": "2026-04-15", "severity": None, "target": 1.0}
    verdict = {**same, "status": "met", "actual": 1.0}

    found = new_verdicts([verdict], [{**same, **row} for row in told])

    assert [row["revision"] for row in found] == revisions


def test_what_is_frozen_stays_as_it_was_first_said(tmp_path):
    site, _ = make_site(tmp_path)
    span = "plays|-|acme|own|douyin||2026-04-01|2026-04-30|weekday"

    for release, weight in (("r1", 0.2), ("r2", 0.9)):
        share = {"span_key": span, "weekday": 7, "weight": weight, "as_of_date": "2026-04-01"}
        body = {SAID: [], BASELINES: [], WEEKDAYS: [share]}
        say(site.lake, release, "2026-04-16T02:45:00+00:00", body)

    (row,) = ledger_tables(site.lake)["weekday_share"].to_pylist()
    assert (row["span_key"], row["weekday"], row["weight"]) == (span, 7, 0.2)
    assert (row["as_of_date"], row["release_id"]) == (date(2026, 4, 1), "r1")


def test_baselines_of_two_phases_frozen_on_one_day_are_both_kept(tmp_path):
    site, _ = make_site(tmp_path)
    frozen = {"goal_key": "spring/p3/plays/-/platform=douyin", "as_of_date": "2026-04-15"}
    rows = [
        {**frozen, "baseline_phase_key": phase, "baseline_value": value}
        for phase, value in (("p1", 1.0), ("p2", 2.0), ("p1", 9.0))
    ]

    say(site.lake, "r1", "2026-04-16T02:45:00+00:00", {SAID: [], BASELINES: rows})

    kept = ledger_tables(site.lake)["baseline"].to_pylist()
    found = [(row["baseline_phase_key"], row["baseline_value"]) for row in kept]
    assert found == [("p1", 1.0), ("p2", 2.0)]
