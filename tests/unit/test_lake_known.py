"""Slices that were read before: kept, believed while nobody wrote them anew, never in the way."""

import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.core import known
from extractors.core.lake import KNOWN, SliceVerdict, open_lake
from tests.unit.test_lake import DAY, DAYS, land

ACCOUNTS = ("a", "b")
#: what may happen to a lake: who, and which of three days
STEPS = st.tuples(
    st.sampled_from(("land", "land ungated", "judge", "refuse", "accept", "delete")),
    st.sampled_from(ACCOUNTS),
    st.integers(0, 2),
)


@pytest.fixture
def everything_is_kept(monkeypatch):
    monkeypatch.setattr(known, "WORTH_KEEPING", 1)
    monkeypatch.setattr(known, "SETTLED_NS", 0)


def opened(folder):
    return open_lake((Path(folder) / "lake").as_uri(), Path(folder) / "copies")


def landed(lake):
    """Return all that can be asked of what landed."""
    found = lake.landed()
    slices = found.tables.execute("select * from slice order by all").fetchall()
    names = [column[0] for column in found.tables.description]
    return {
        "slices": [dict(sorted(zip(names, row, strict=True))) for row in slices],
        "admitted": found.admitted(),
        "ungated": found.manifests("ungated"),
        "refused": found.manifests("refused"),
    }


def take(lake, nth, step, account, day):
    """Do one step to a lake."""
    dt = DAY + timedelta(days=day)
    if step.startswith("land"):
        land(lake, DAYS, nth, {account: {"x": nth}}, gate=step == "land", dt=dt)
        return
    of_day = [m for m in lake.manifests() if m.dt == dt and m.slices[0].account_key == account]
    if not of_day:
        return
    batch_id = of_day[-1].batch_id
    if step == "accept":
        lake.accept(of_day[-1].key(of_day[-1].slices[0]), batch_id, "seen", "2026-04-17")
    elif step == "delete":
        lake.delete(of_day[-1].path)
    else:
        failures = () if step == "judge" else ("too few",)
        lake.write_verdict(batch_id, [SliceVerdict(account, dt, not failures, failures)])


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, max_size=10))
def test_what_is_known_never_differs_from_what_the_files_say(steps):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "WORTH_KEEPING", 1)
        patch.setattr(known, "SETTLED_NS", 0)
        lake = opened(folder)
        for nth, step in enumerate(steps):
            take(lake, nth, *step)

            assert landed(lake) == landed(open_lake(lake.url))


def unseen(path, content):
    """Write a file so that size and time do not tell."""
    before = path.stat()
    assert len(content) == before.st_size
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def settled_lake(folder):
    """Return a lake of one batch that passed, and one that the gate has yet to judge."""
    lake = opened(folder)
    land(lake, DAYS, 1, {"a": {"x": 7}})
    land(lake, DAYS, 2, {"b": {"x": 9}}, gate=False)
    return lake


def test_a_settled_manifest_is_not_read_again(tmp_path, everything_is_kept):
    lake = settled_lake(tmp_path)
    before = landed(lake)
    [path] = (tmp_path / "lake" / "_manifests").rglob("b001.json")
    unseen(path, b"{" + b" " * (path.stat().st_size - 1))

    assert landed(lake) == before
    assert [m.batch_id for m in before["ungated"]] == ["b002"]


def test_a_verdict_that_is_written_anew_is_seen(tmp_path, everything_is_kept):
    lake = settled_lake(tmp_path)
    lake.landed()

    lake.write_verdict("b001", [SliceVerdict("a", DAY, False, ("too few",))])

    found = landed(lake)
    assert found["admitted"] == []
    assert [m.batch_id for m in found["refused"]] == ["b001"]


def test_what_was_written_just_now_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(known, "WORTH_KEEPING", 1)

    settled_lake(tmp_path).landed()

    assert not (tmp_path / "copies" / KNOWN).exists()


@pytest.mark.parametrize("content", [b"", b"no parquet", b"PAR1"])
def test_a_broken_file_is_as_none_and_is_written_anew(tmp_path, everything_is_kept, content):
    lake = settled_lake(tmp_path)
    before = landed(lake)
    [file] = (tmp_path / "copies" / KNOWN).iterdir()
    whole = file.read_bytes()
    file.write_bytes(content)

    assert landed(lake) == before
    *_, newest = sorted((tmp_path / "copies" / KNOWN).iterdir())
    assert len(newest.read_bytes()) == len(whole)


def test_who_reads_a_file_is_not_disturbed_by_the_next(tmp_path, everything_is_kept):
    lake = settled_lake(tmp_path)
    lake.landed()
    reader = lake.landed()

    land(lake, DAYS, 3, {"c": {"x": 1}})
    lake.landed()
    land(lake, DAYS, 4, {"d": {"x": 1}})
    lake.landed()

    assert [winner.batch_id for winner in reader.admitted()] == ["b001"]
    assert len(list((tmp_path / "copies" / KNOWN).iterdir())) == known.KEPT


def test_what_is_known_of_another_lake_is_not_believed(tmp_path, everything_is_kept):
    lake = settled_lake(tmp_path)
    lake.landed()
    (tmp_path / "lake").rename(tmp_path / "moved")
    [path] = (tmp_path / "moved" / "_manifests").rglob("b001.json")
    told = path.read_bytes()
    unseen(path, told.replace(b'"x"', b'"y"').replace(b'"rows": 1', b'"rows": 5'))

    moved = open_lake((tmp_path / "moved").as_uri(), tmp_path / "copies")

    assert [winner.rows for winner in moved.admitted()] == [5]


def test_a_lake_that_cannot_be_kept_is_parsed(tmp_path, everything_is_kept, caplog):
    lake = settled_lake(tmp_path)
    (tmp_path / "copies").write_text("a file where the folder belongs")

    assert [winner.rows for winner in lake.admitted()] == [1]
    assert "every run parses all manifests" in caplog.text
