"""The lake's rules: what is current, what wins, and what compaction must not change."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.core.compact import compact
from extractors.core.lake import (
    LakeError,
    Manifest,
    SliceKey,
    SliceRecord,
    SliceVerdict,
    current_rows_sql,
    iter_rows,
    open_lake,
)
from extractors.core.model import Field, Platform, Stream
from warehouse.slices import read_lake_state

DAY = date(2026, 4, 15)
MONTH_OVER = date(2026, 5, 1)
START = datetime(2026, 4, 16, tzinfo=UTC)
FIELDS = (Field("id", pa.string(), required=True), Field("plays", pa.int64(), "increment"))
DAYS = Stream("days", "日", "days", FIELDS, ("id",), "replace_slice", None)
ORDERS = Stream("orders", "单", "orders", FIELDS, ("id",), "upsert_version", None)
VIDEOS = Stream(
    "videos", "片", "videos", FIELDS, ("id",), "upsert_version", None, is_complete_listing=True
)
PLATFORM = Platform("p", "平台", "p", (DAYS, ORDERS, VIDEOS))


@pytest.fixture
def lake(tmp_path):
    return open_lake((tmp_path / "lake").as_uri())


def land(lake, stream, nth, slices, *, version=None, gate=True, dt=DAY, batch_id="", captured=None):
    """Commit the nth batch: slices maps account to rows {id: plays}, or to a status."""
    batch_id = batch_id or f"b{nth:03d}"
    committed = START + timedelta(hours=nth)
    captured = captured or committed
    rows, records = [], []
    for account, found in slices.items():
        if isinstance(found, str):
            records.append(SliceRecord(account, dt, found))
            continue
        records.append(SliceRecord(account, dt, "ok" if found else "empty", len(found)))
        rows += [
            {
                "id": key,
                "plays": plays,
                "account_key": account,
                "dt": dt,
                "_batch_id": batch_id,
                "_captured_at": captured,
                "_source_version": START + timedelta(days=version) if version else captured,
            }
            for key, plays in found.items()
        ]
    path = lake.part_path("p", stream.name, dt, batch_id)
    if rows:
        with lake.open_part(path, stream.schema) as writer:
            writer.write_table(pa.Table.from_pylist(rows, schema=stream.schema))
    lake.commit(
        Manifest(
            batch_id,
            "p",
            stream.name,
            dt,
            committed.isoformat(),
            captured.isoformat(),
            tuple(records),
            (path,) if rows else (),
        )
    )
    if gate:
        lake.write_verdict(batch_id, [SliceVerdict(r.account_key, r.dt, True) for r in records])


def current(lake, stream, day=None):
    """Return {(account, id): plays} (and whether it is still listed) as an engine reads it."""
    winners = lake.current(stream, "p", day and {day})
    files = sorted({lake.address(path) for w in winners for path in w.files})
    if not files:
        return {}
    rows = [
        {
            "account_key": w.key.account_key,
            "dt": w.key.dt,
            "batch_id": w.batch_id,
            "committed_at": w.committed_at,
        }
        for w in winners
    ]
    with duckdb.connect() as connection:
        connection.register("winners", pa.Table.from_pylist(rows))
        found = connection.execute(current_rows_sql(stream, files, "winners"))
        names = [column[0] for column in found.description]
        read = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if stream.is_complete_listing:
        return {(r["account_key"], r["id"]): r["_is_listed"] for r in read}
    return {(r["account_key"], r["id"]): r["plays"] for r in read}


def by_day(lake, stream):
    """Return the current rows; of a stream whose slices are replaced, of each day for itself."""
    if stream.merge == "upsert_version":
        return current(lake, stream)
    slices = {w.key.dt for w in lake.current(stream, "p")}
    return {day: current(lake, stream, day) for day in slices}


def test_newest_slice_wins_whole(lake):
    land(lake, DAYS, 1, {"a": {"x": 1, "y": 2}})
    land(lake, DAYS, 2, {"a": {"x": 5}})

    assert current(lake, DAYS) == {("a", "x"): 5}


def test_failed_account_keeps_its_older_slice(lake):
    land(lake, DAYS, 1, {"a": {"x": 1}, "b": {"x": 2}})
    land(lake, DAYS, 2, {"a": {"x": 9}, "b": "failed"})

    assert current(lake, DAYS) == {("a", "x"): 9, ("b", "x"): 2}


def test_a_batch_without_a_verdict_does_not_count(lake):
    land(lake, DAYS, 1, {"a": {"x": 1}})
    land(lake, DAYS, 2, {"a": {"x": 5}}, gate=False)

    assert current(lake, DAYS) == {("a", "x"): 1}
    assert [manifest.batch_id for manifest in lake.ungated()] == ["b002"]


def test_a_refused_slice_counts_once_it_is_accepted(lake):
    land(lake, DAYS, 1, {"a": {"x": 1}})
    land(lake, DAYS, 2, {"a": {"x": 5}}, gate=False)
    lake.write_verdict("b002", [SliceVerdict("a", DAY, False, ("volume",))])
    assert current(lake, DAYS) == {("a", "x"): 1}

    lake.accept(SliceKey("p", "days", "a", DAY), "b002", "a campaign ended", START.isoformat())

    assert current(lake, DAYS) == {("a", "x"): 5}


def test_an_older_version_never_reverts_a_newer_one(lake):
    land(lake, ORDERS, 1, {"a": {"o1": 100}}, version=5)
    land(lake, ORDERS, 2, {"a": {"o1": 80, "o2": 7}}, version=3)

    assert current(lake, ORDERS) == {("a", "o1"): 100, ("a", "o2"): 7}


def test_absence_from_the_newest_complete_listing_means_deleted(lake):
    land(lake, VIDEOS, 1, {"a": {"v1": 1, "v2": 1}})
    land(lake, VIDEOS, 2, {"a": {"v2": 1}})

    assert current(lake, VIDEOS) == {("a", "v1"): False, ("a", "v2"): True}


def test_of_two_listings_of_one_moment_the_later_commit_wins_whatever_its_id(lake):
    land(lake, VIDEOS, 1, {"a": {"v1": 1, "v2": 1}}, batch_id="zz", captured=START)
    land(lake, VIDEOS, 2, {"a": {"v1": 2, "v2": 2}}, batch_id="aa", captured=START)

    assert current(lake, VIDEOS) == {("a", "v1"): True, ("a", "v2"): True}


def test_an_empty_slice_replaces_rows(lake):
    land(lake, DAYS, 1, {"a": {"x": 1}, "b": {"x": 1}})
    land(lake, DAYS, 2, {"a": {}})

    assert current(lake, DAYS) == {("b", "x"): 1}


def test_rows_without_a_manifest_do_not_exist(lake):
    path = lake.part_path("p", "days", DAY, "b009")
    with lake.open_part(path, DAYS.schema) as writer:
        writer.write_table(DAYS.schema.empty_table())

    assert lake.manifests() == []


def test_a_ledger_entry_is_written_once(lake):
    assert lake.append("said", "goal/1", {"status": "met"})
    assert not lake.append("said", "goal/1", {"status": "missed"})

    assert [entry["status"] for entry in lake.ledger("said")] == ["met"]


@pytest.mark.parametrize("stream", [DAYS, ORDERS, VIDEOS], ids=lambda s: s.name)
def test_compaction_changes_no_answer(lake, stream):
    land(lake, stream, 1, {"a": {"x": 1, "y": 2}, "b": {"x": 3}}, version=4)
    land(lake, stream, 2, {"a": {"x": 5}, "b": "failed"}, version=2)
    land(lake, stream, 3, {"a": {"z": 6}}, version=3)
    land(lake, stream, 4, {"a": {}})
    before = current(lake, stream)

    first = compact(lake, PLATFORM, stream, DAY + timedelta(days=1))
    second = compact(lake, PLATFORM, stream, DAY + timedelta(days=1))

    assert current(lake, stream) == before
    assert (first > 0) == (not stream.is_complete_listing)
    assert second == 0


SLICES = st.sampled_from(
    ({"x": 1}, {"x": 2, "y": 3}, {"y": 4}, {}, "failed", "missing", "not_ready")
)
BATCHES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("ab"), SLICES, min_size=1),
        st.sampled_from((None, 1, 2)),
        st.sampled_from((True, True, True, False)),
        st.sampled_from((DAY, DAY, DAY + timedelta(days=1))),
        st.sampled_from((None, START)),
    ),
    min_size=1,
    max_size=6,
)


def answers(lake, stream):
    state = read_lake_state(SimpleNamespace(lake=lake, streams=[(PLATFORM, stream)]))
    attempts = {k: a for day in (DAY, DAY + timedelta(1)) for k, a in state.attempts(day).items()}
    winners = lake.current(stream, "p")
    return (
        by_day(lake, stream),
        {(w.key, w.committed_at) for w in winners if stream is not ORDERS},
        {w.key for w in winners},
        {key: (a.status, a.error, a.committed_at) for key, a in attempts.items()},
    )


def land_all(lake, stream, batches, first):
    for nth, (slices, version, is_gated, dt, captured) in enumerate(batches, first):
        land(lake, stream, nth, slices, version=version, gate=is_gated, dt=dt, captured=captured)


@pytest.mark.parametrize("stream", [DAYS, ORDERS, VIDEOS], ids=lambda s: s.name)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    batches=BATCHES, later=BATCHES, before=st.sampled_from((DAY + timedelta(days=2), MONTH_OVER))
)
def test_compaction_of_any_history_changes_no_answer(stream, batches, later, before):
    with TemporaryDirectory() as kept, TemporaryDirectory() as merged:
        plain, compacted = (open_lake(Path(at).as_uri()) for at in (kept, merged))
        for read, first in ((batches, 1), (later, 50)):
            for lake in (plain, compacted):
                land_all(lake, stream, read, first)
            expected = answers(plain, stream)
            compact(compacted, PLATFORM, stream, before)

            assert answers(compacted, stream) == expected
            assert compact(compacted, PLATFORM, stream, before) == 0


def test_days_of_one_batch_are_merged_each_for_itself(lake):
    later = DAY + timedelta(days=1)
    for nth, batch_id in ((1, "b-c0ffee"), (2, "b-cfffff")):
        for dt in (DAY, later):
            land(lake, DAYS, nth, {"a": {"x": nth}}, dt=dt, batch_id=batch_id)
        verdicts = [SliceVerdict("a", dt, True) for dt in (DAY, later)]
        lake.write_verdict(batch_id, verdicts)

    compact(lake, PLATFORM, DAYS, later + timedelta(days=1))

    assert by_day(lake, DAYS) == {DAY: {("a", "x"): 2}, later: {("a", "x"): 2}}
    assert len(lake.list_files("_manifests")) == 2
    assert len({m.batch_id for m in lake.manifests()}) == 2


def test_days_of_a_month_that_is_over_share_one_file(lake):
    days = [DAY + timedelta(days=n) for n in range(3)]
    for nth, dt in enumerate([*days, MONTH_OVER]):
        land(lake, DAYS, nth, {"a": {"x": nth}, "b": {"y": 7}}, dt=dt)
    before = by_day(lake, DAYS)

    compact(lake, PLATFORM, DAYS, MONTH_OVER + timedelta(days=1))

    assert by_day(lake, DAYS) == before
    files = {m.dt: m.files for m in lake.manifests()}
    assert len({files[day] for day in days}) == 1
    assert files[MONTH_OVER] not in {files[day] for day in days}
    assert [len(lake.read_day(files[day][0], day)) for day in days] == [2, 2, 2]
    read = list(iter_rows(lake, lake.current(DAYS, "p", {days[1]})))
    assert [(row["account_key"], row["plays"]) for row in read] == [("a", 1), ("b", 7)]


@pytest.mark.parametrize("stream", [DAYS, ORDERS], ids=lambda s: s.name)
def test_a_day_that_is_read_again_joins_its_month_again(lake, stream):
    for nth, dt in enumerate((DAY, DAY + timedelta(days=1))):
        land(lake, stream, nth, {"a": {"x": nth}, "b": {"z": nth}}, dt=dt)
    compact(lake, PLATFORM, stream, MONTH_OVER)
    land(lake, stream, 5, {"a": {"x": 50, "y": 51}})
    before = by_day(lake, stream)

    compact(lake, PLATFORM, stream, MONTH_OVER)

    assert by_day(lake, stream) == before
    assert len({path for m in lake.manifests() for path in m.files}) == 1
    assert len(lake.manifests()) == 2


def test_replaced_files_go_with_the_next_compaction(lake):
    for nth in (1, 2):
        land(lake, DAYS, nth, {"a": {"x": nth}})
    replaced = [path for m in lake.manifests() for path in m.files]
    for path in replaced:
        os.utime(lake.address(path), (0, 0))

    compact(lake, PLATFORM, DAYS, MONTH_OVER)
    assert set(replaced) <= set(lake.list_files("raw"))

    compact(lake, PLATFORM, DAYS, MONTH_OVER)
    [manifest] = lake.manifests()
    assert lake.list_files("raw") == list(manifest.files)


def test_a_file_that_an_extraction_may_still_name_stays(lake):
    path = lake.part_path("p", "days", DAY, "b9")
    lake.write_bytes(path, b"half")

    compact(lake, PLATFORM, DAYS, MONTH_OVER)

    assert lake.exists(path)


def test_a_day_is_merged_any_number_of_times_under_a_short_name(lake):
    land(lake, DAYS, 1, {"a": {"x": 0}}, batch_id="b")
    for nth in range(2, 9):
        land(lake, DAYS, nth, {"a": {"x": nth}}, batch_id=f"a{nth}")
        compact(lake, PLATFORM, DAYS, MONTH_OVER)

    [manifest] = lake.manifests()
    assert manifest.batch_id == "b-merged-20260415-0006"
    assert by_day(lake, DAYS) == {DAY: {("a", "x"): 8}}


def test_recent_days_are_not_compacted(lake):
    land(lake, DAYS, 1, {"a": {"x": 1}})
    land(lake, DAYS, 2, {"a": {"x": 2}})

    assert compact(lake, PLATFORM, DAYS, DAY) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [("{half", "is no JSON"), ("[]", "is no manifest"), ('{"batch_id": "b"}', "is no manifest")],
    ids=["torn", "another kind", "fields missing"],
)
def test_a_manifest_that_is_none_is_named_with_its_remedy(tmp_path, content, told):
    lake = open_lake(tmp_path.as_uri())
    path = "_manifests/alpha/days/dt=2026-04-15/b1.json"
    lake.write_bytes(path, content.encode())

    with pytest.raises(LakeError, match=told) as error:
        lake.manifests()

    assert path in str(error.value)
    assert "put it back from a backup" in str(error.value)


def test_a_file_is_no_lake(tmp_path):
    (tmp_path / "lake").touch()

    with pytest.raises(LakeError, match="is a file"):
        open_lake((tmp_path / "lake").as_uri())


def test_an_unknown_kind_of_address_is_told_with_those_that_are_known():
    with pytest.raises(LakeError, match=r"bogus://x.*file:///folder, s3://"):
        open_lake("bogus://x")
