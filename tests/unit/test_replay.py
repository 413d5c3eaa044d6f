"""Quarantined rows come back after what refused them is mended, once and only where they belong."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from extractors.core.compact import compact
from extractors.core.intake import AccountRead, land
from extractors.core.lake import SliceVerdict, iter_rows, open_lake
from extractors.core.model import Account, Field, Platform, Stream, Window
from extractors.core.replay import replay_quarantine
from tidemark.settings import Settings

DAY = date(2026, 4, 15)
ACCOUNT = Account("acme", "p", "x", "A", "acme")
FIELDS = (
    Field("id", pa.string(), required=True),
    Field("plays", pa.int64(), "increment"),
    Field("title", pa.string()),
    Field("user", pa.string(), personal=True),
)
DAYS = Stream("days", "日", "days", FIELDS, ("id",), "replace_slice", None)
MENDED_FIELDS = (FIELDS[0], Field("plays", pa.string()), *FIELDS[2:])
STREAMS = {
    "replace_slice": DAYS,
    "upsert_version": replace(DAYS, merge="upsert_version"),
    "complete listing": replace(DAYS, merge="upsert_version", is_complete_listing=True),
}


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test-secret")
    return open_lake((tmp_path / "lake").as_uri())


def platform(stream):
    return Platform("p", "平台", "p", (stream,))


def read(lake, stream, items, *, hour=2, dt=DAY):
    now = datetime(2026, 4, 16, hour, tzinfo=UTC)
    settings = Settings(Path(), Path(), lake.url, lambda: now)
    window = Window(dt, dt)
    reads = [AccountRead(ACCOUNT, ((window, iter(items)),))]
    landed = land(platform(stream), stream, reads, lake=lake, settings=settings)
    passed(lake)
    return landed


def passed(lake):
    for manifest in lake.ungated():
        verdicts = [SliceVerdict(s.account_key, s.dt, True) for s in manifest.slices]
        lake.write_verdict(manifest.batch_id, verdicts)


def replay(lake, stream):
    found = replay_quarantine(lake, platform(stream), stream)
    passed(lake)
    return [(r.landed, r.refused, r.masked, r.overtaken) for r in found]


def current(lake, stream):
    return list(iter_rows(lake, lake.current(stream, "p")))


def item(key, plays, **more):
    return {"id": key, "plays": plays, "title": "春", "user": None, **more}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
def test_a_row_comes_back_beside_those_that_were_landed(lake, stream):
    landed = read(lake, stream, [item("a", 5), item("b", "many")])
    mended = replace(stream, fields=MENDED_FIELDS)

    before = replay(lake, stream)
    first = replay(lake, mended)
    again = replay(lake, mended)

    assert (landed.rows, landed.quarantined) == (1, 1)
    assert before == [(0, 1, 0, 0)]
    assert first == [(1, 0, 0, 0)]
    assert again == []
    rows = {row["id"]: str(row["plays"]) for row in current(lake, mended)}
    assert rows == {"a": "5", "b": "many"}


@pytest.mark.parametrize(
    ("name", "expected", "rows"),
    [
        ("replace_slice", (0, 0, 0, 1), {"a": 7}),
        ("complete listing", (0, 0, 0, 1), {"a": 7}),
        ("upsert_version", (1, 0, 0, 0), {"a": 7, "b": "many"}),
    ],
)
def test_a_slice_that_was_read_again_is_left_alone_where_it_wins_whole(lake, name, expected, rows):
    stream = STREAMS[name]
    read(lake, stream, [item("a", 5), item("b", "many")])
    read(lake, stream, [item("a", 7)], hour=3)
    mended = replace(stream, fields=MENDED_FIELDS)

    assert replay(lake, mended) == [expected]
    by_version = sorted(current(lake, mended), key=lambda row: row["_source_version"])
    assert {row["id"]: row["plays"] for row in by_version} == rows


def test_a_replayed_row_keeps_its_first_capture_time_and_version(lake):
    read(lake, DAYS, [item("b", "many")])

    replay(lake, replace(DAYS, fields=MENDED_FIELDS))

    (row,) = current(lake, DAYS)
    captured_at = datetime(2026, 4, 16, 2, tzinfo=UTC)
    assert (row["_captured_at"], row["_source_version"]) == (captured_at, captured_at)
    (winner,) = lake.current(DAYS, "p")
    assert winner.captured_at == captured_at.isoformat()


def test_a_person_is_quarantined_as_a_key_and_comes_back_as_the_same(lake):
    read(lake, DAYS, [item("a", 5, user="u-1"), item("b", "many", user="u-1")])
    (path,) = lake.list_files("quarantine")

    replay(lake, replace(DAYS, fields=MENDED_FIELDS))

    assert b"u-1" not in lake.read_bytes(path)
    users = {row["user"] for row in current(lake, DAYS)}
    assert len(users) == 1
    assert users.pop().startswith("k1:")


def test_a_row_that_lost_a_phone_number_is_not_landed_with_a_hole(lake):
    read(lake, DAYS, [item("b", "many", title="找我 13800138000")])

    assert replay(lake, replace(DAYS, fields=MENDED_FIELDS)) == [(0, 0, 1, 0)]
    assert current(lake, DAYS) == []


def test_a_killed_replay_is_done_again_without_doubling(lake):
    read(lake, DAYS, [item("a", 5), item("b", "many")])
    mended = replace(DAYS, fields=MENDED_FIELDS)
    replay(lake, mended)
    (entry,) = lake.list_files("_ledger/replays")
    lake.delete(entry)

    assert replay(lake, mended) == [(1, 0, 0, 0)]
    assert sorted(row["id"] for row in current(lake, mended)) == ["a", "b"]


@pytest.mark.parametrize("name", ["replace_slice", "upsert_version"])
def test_a_row_comes_back_after_its_month_was_compacted(lake, name):
    stream = STREAMS[name]
    read(lake, stream, [item("a", 5), item("b", "many")])
    for n in (1, 2):
        read(lake, stream, [item(f"c{n}", 7)], dt=DAY + timedelta(days=n))
    mended = replace(stream, fields=MENDED_FIELDS)

    merged = compact(lake, platform(stream), stream, date(2026, 5, 1))

    assert merged == 2
    assert replay(lake, mended) == [(1, 0, 0, 0)]
    assert {row["id"] for row in current(lake, mended)} == {"a", "b", "c1", "c2"}
