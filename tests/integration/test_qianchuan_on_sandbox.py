"""Qianchuan: captures of the running day through the real runtime."""

import shutil
from datetime import date, datetime

import pytest

from expectations.runner import gate_lake
from extractors.core.errors import ApiChanged, AuthError, NotOffered
from extractors.core.lake import SliceKey, iter_rows, open_lake
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.warehouse_site import source_days
from tidemark.clock import SHANGHAI
from tidemark.orchestration.steps import capture_today, extract_day
from tidemark.settings import PROJECT_ROOT
from warehouse.asof import unread_on
from warehouse.site import open_site
from warehouse.slices import read_lake_state

QIANCHUAN = platforms_by_name()["qianchuan"]
STREAM = QIANCHUAN.stream("live_sessions")
ROOMS = "/qianchuan/open_api/v1.0/qianchuan/today_live/room/get/"
DAY = date(2026, 4, 15)
NOON, EVENING, NIGHT = "7300000000000041501", "7300000000000041502", "7300000000000041503"


@pytest.fixture
def running(sandbox, tmp_path, monkeypatch):
    """A sandbox beside an installation whose Douyin account Qianchuan tells of."""
    shutil.copytree(PROJECT_ROOT / "config", tmp_path / "config")
    accounts = tmp_path / "config" / "accounts.yml"
    also = "platform: douyin\n    also: {qianchuan: '3242344530000000001'}\n"
    accounts.write_text(accounts.read_text().replace("platform: douyin\n", also, 1))
    sandbox.environ["TIDEMARK_CONFIG"] = str(tmp_path / "config")
    monkeypatch.setenv("TIDEMARK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr("extractors.core.http.BACKOFF_SECONDS", 0.001)
    return sandbox


def capture(sandbox, moment):
    sandbox.set_clock(f"2026-{moment}+08:00")
    return capture_today("qianchuan", "douyin_acme")


def kept(sandbox):
    """Return the captures that were kept: status and rows of their slices, oldest first."""
    lake = open_lake(sandbox.settings.lake_url)
    manifests = sorted(lake.manifests("qianchuan"), key=lambda m: m.committed_at)
    return [(s.status, s.rows) for manifest in manifests for s in manifest.slices]


def rooms_of(sandbox):
    """Return the newest capture of every room and state, the gate having spoken."""
    lake = open_lake(sandbox.settings.lake_url)
    gate_lake(lake, sandbox.settings)
    found = sorted(
        iter_rows(lake, lake.current(STREAM, "qianchuan")), key=lambda row: row["_source_version"]
    )
    return {(row["room_id"], row["room_status"]): row for row in found}


def test_a_day_is_captured_while_it_runs_and_only_what_is_new_is_kept(running):
    for moment in ("00:05:00", "00:10:00", "11:55:00"):
        capture(running, f"04-15T{moment}")
    before = kept(running)
    for moment in ("12:20:00", "12:25:00", "12:45:00", "12:50:00", "20:45:00", "22:35:00"):
        capture(running, f"04-15T{moment}")
    capture(running, "04-15T23:45:00")

    # no room yet is told once; a room that is over is captured until its figures stand still
    assert before == [("empty", 0)]
    assert kept(running)[1:] == [("ok", 1)] * 3 + [("ok", 2)] * 2 + [("ok", 3)]
    found = rooms_of(running)
    assert {key: row["total_live_watch_cnt"] for key, row in found.items()} == {
        (NOON, "LIVING"): 937,
        (NOON, "FINISH"): 1500,
        (EVENING, "LIVING"): 4500,
        (EVENING, "FINISH"): 9000,
        (NIGHT, "LIVING"): 150,
    }
    over = found[NOON, "FINISH"]
    assert (over["live_pay_order_gmv_alias"], over["stat_cost"]) == (299.5, 12.5)
    assert over["start_time"] == datetime(2026, 4, 15, 12, tzinfo=SHANGHAI)
    assert over["end_time"] == datetime(2026, 4, 15, 12, 40, tzinfo=SHANGHAI)
    assert found[NIGHT, "LIVING"]["stat_cost"] is None
    assert {row["account_key"] for row in found.values()} == {"douyin_acme"}


def test_a_day_counts_as_read_once_its_last_hour_was_captured(running):
    capture(running, "04-15T22:35:00")
    before = source_day_of(running)
    for moment in ("23:05:00", "23:10:00"):
        capture(running, f"04-15T{moment}")
    after = source_day_of(running)

    # the figures stand still, and that they do is kept once
    assert kept(running) == [("ok", 2), ("ok", 2)]
    assert before == ("missing", 2, "captured until 22:35 only")
    assert after == ("ok", 2, None)


def source_day_of(sandbox):
    site = open_site(sandbox.settings)
    gate_lake(site.lake, sandbox.settings)
    rows = source_days(site, DAY)
    (found,) = [r for r in rows if r["platform"] == "qianchuan" and r["stat_date"] == DAY]
    return found["status"], found["rows"], found["error"]


def test_files_of_a_capture_that_says_nothing_new_are_removed(running):
    lake = open_lake(running.settings.lake_url)
    capture(running, "04-15T12:45:00")
    before = lake.list_files("raw/qianchuan")
    capture(running, "04-15T12:50:00")

    assert before
    assert lake.list_files("raw/qianchuan") == before


def test_the_closing_reading_of_a_captured_day_changes_nothing(running):
    capture(running, "04-15T22:35:00")
    before, rows = kept(running), rooms_of(running)
    running.set_clock("2026-04-16T08:30:00+08:00")
    extract_day("qianchuan", "douyin_acme", "2026-04-15")

    assert before == [("ok", 2)]
    assert (kept(running), rooms_of(running)) == (before, rows)


def test_a_day_that_nobody_captured_is_missing_and_cannot_be_asked_for(running):
    running.set_clock("2026-04-16T08:30:00+08:00")
    extract_day("qianchuan", "douyin_acme", "2026-04-15")
    lake, settings = open_lake(running.settings.lake_url), running.settings

    assert kept(running) == [("missing", 0)]
    with pytest.raises(NotOffered, match="cannot be read for 2026-04-15"):
        extract(
            QIANCHUAN,
            [],
            Window(DAY, DAY),
            lake=lake,
            settings=settings,
            streams=["live_sessions"],
        )


def test_no_anchor_is_landed(running):
    capture(running, "04-15T20:45:00")

    lake = open_lake(running.settings.lake_url)
    stored = [lake.read_bytes(path) for path in lake.list_files("raw/qianchuan")]
    assert stored
    assert not any("主播小美".encode() in content for content in stored)


@pytest.mark.parametrize("kind", ["expire_token", "error_code:40105", "http_500", "truncated"])
def test_a_fault_in_passing_loses_no_room(running, kind):
    capture(running, "04-15T12:10:00")
    running.fault(ROOMS, kind)

    capture(running, "04-15T20:45:00")

    assert kept(running) == [("ok", 1), ("ok", 2)]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error_code:40002", AuthError),
        ("error_code:40103", AuthError),
        ("error_code:7", ApiChanged),
    ],
)
def test_a_failed_capture_is_told_and_leaves_what_was_captured(running, kind, error):
    capture(running, "04-15T12:45:00")
    before = rooms_of(running)
    running.fault(ROOMS, kind, None)

    with pytest.raises(error, match=f"code {kind.rpartition(':')[2]} "):
        capture(running, "04-15T20:45:00")

    assert kept(running)[1:] == [("failed", 0)]
    assert rooms_of(running) == before


def test_a_refresh_token_that_was_used_elsewhere_asks_for_a_person(running):
    capture(running, "04-15T12:45:00")
    shutil.rmtree(running.settings.tokens_dir)

    with pytest.raises(AuthError, match="authorise the app again"):
        capture(running, "04-15T20:45:00")


def test_what_a_second_platform_tells_of_an_account_is_waited_for(running):
    site = open_site(running.settings)
    nothing = unread_on(site, DAY, read_lake_state(site))
    capture(running, "04-15T12:45:00")
    gate_lake(site.lake, site.settings)
    captured = unread_on(site, DAY, read_lake_state(site))

    key = SliceKey("qianchuan", "live_sessions", "douyin_acme", DAY)
    assert key in {gap.key for gap in nothing}
    assert key not in {gap.key for gap in captured}
