"""A release refuses to start where it could not end."""

import json
from datetime import date

import pytest

from extractors.core.lake import Manifest, SliceRecord, SliceVerdict, open_lake
from tests.command_line import commands
from tests.small_disk import grow, small_disk
from tests.warehouse_site import land_day, make_site, transform
from warehouse.base import base_path
from warehouse.build import build_candidate
from warehouse.errors import RoomError
from warehouse.plan import make_plan
from warehouse.plans import open_plans
from warehouse.room import MIB, check_room
from warehouse.status import read_status


def test_a_release_on_a_small_disk_is_refused_before_anything_is_begun(tmp_path):
    with small_disk(tmp_path / "home", 64) as home:
        site, _ = make_site(home)
        land_day(site, "2026-04-15")

        with pytest.raises(RoomError, match=r"6\d MiB free and a release needs 256 MiB"):
            make_plan(site)
        status, planned = read_status(site.settings), open_plans(site.settings)
        grow(home, 320)
        plan = make_plan(site)

    assert status["outcome"] == "no_room"
    assert "Make room, then run tidemark release" in status["reason"]
    assert planned == []
    assert plan is not None


def test_a_disk_that_filled_up_after_the_plan_stops_the_build(tmp_path):
    with small_disk(tmp_path / "home", 320) as home:
        site, _ = make_site(home)
        land_day(site, "2026-04-15")
        plan = make_plan(site)
        grow(home, 128)

        with pytest.raises(RoomError, match="a release needs 256 MiB"):
            build_candidate(site, plan.plan_id, transform=transform)
        outcome = read_status(site.settings)["outcome"]

    assert outcome == "no_room"


def test_a_disk_without_a_byte_still_tells_why(tmp_path):
    with small_disk(tmp_path / "home", 8) as home:
        site, _ = make_site(home)
        land_day(site, "2026-04-15")
        with (home / "filler").open("wb") as filler, pytest.raises(OSError, match="No space"):
            while True:
                filler.write(b"x" * MIB)

        with pytest.raises(RoomError, match="0 MiB free"):
            make_plan(site)


def test_the_room_needed_is_three_build_databases_and_a_quarter_gibibyte(tmp_path):
    site, _ = make_site(tmp_path)
    base_path(site.settings).parent.mkdir(parents=True)
    base_path(site.settings).write_bytes(b"x" * 10 * MIB)

    with pytest.raises(RoomError, match="285 MiB free and a release needs 286 MiB"):
        check_room(site, lambda _: 285 * MIB)
    status = read_status(site.settings)
    check_room(site, lambda _: 286 * MIB)

    assert status["outcome"] == "no_room"
    assert "285 MiB free" in status["reason"]


def test_a_first_release_is_measured_by_the_rows_of_the_lake(tmp_path):
    site, _ = make_site(tmp_path)
    site.lake.write_bytes("raw/alpha/days/dt=2026-04-15/batch=b1/part-000.parquet", b"x" * 2 * MIB)
    site.lake.write_bytes("landing/alpha/body.json", b"x" * 9 * MIB)

    with pytest.raises(RoomError, match="261 MiB free and a release needs 262 MiB"):
        check_room(site, lambda _: 261 * MIB)
    check_room(site, lambda _: 262 * MIB)


def test_the_command_ends_with_code_1_and_status_json_says_why(tmp_path, monkeypatch, capfd):
    day, moment = date(2026, 4, 15), "2026-04-16T02:00:00+00:00"
    record = SliceRecord("douyin_acme", day, "empty")
    (tmp_path / "clock").write_text("2026-04-16T13:00:00+08:00")
    with small_disk(tmp_path / "home", 64) as home:
        lake = open_lake((home / "lake").as_uri())
        lake.commit(Manifest("b1", "douyin", "account_days", day, moment, moment, (record,)))
        lake.write_verdict("b1", [SliceVerdict("douyin_acme", day, True)])
        environ = {"TIDEMARK_HOME": str(home), "TIDEMARK_CLOCK_FILE": str(tmp_path / "clock")}
        tidemark = commands(monkeypatch, capfd, **environ)

        done = tidemark("release")
        shown = tidemark("status")
        status = json.loads((home / "published" / "status.json").read_text())

    assert done.code == 1
    assert "Error RoomError: " in done.err
    assert "MiB free and a release needs 256 MiB" in done.err
    assert status["outcome"] == "no_room"
    assert status["release_id"] is None
    assert "no_room" in shown.out
