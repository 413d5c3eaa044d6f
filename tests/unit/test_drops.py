"""File drops: claimed once, landed once, corrected by export time, refused with the reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractors.core import inbox
from extractors.core.drops import DropReport, process_drops
from extractors.core.lake import Lake, SliceVerdict, current_rows_sql, open_lake
from extractors.core.model import Account
from extractors.core.registry import find_stream
from extractors.core.workbook import write_sheet
from tidemark.settings import Settings

NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)
ACCOUNTS = (
    Account("dy", "douyin", "1", "抖音", "acme"),
    Account("red", "xiaohongshu", "2", "小红书", "acme"),
)
DAYS = find_stream("sheet", "account_days")
NOTE = {
    "title": "一条笔记",
    "published_at": datetime(2026, 3, 24, 9, 33, 5, tzinfo=UTC),
    "form": "图文",
    "views": 6174,
}
TAKEN = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "config", (tmp_path / "lake").as_uri(), lambda: NOW)


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return open_lake(settings.lake_url)


@pytest.fixture
def run(settings: Settings, lake: Lake) -> Callable[[], DropReport]:
    return lambda: process_drops(settings, lake, ACCOUNTS, stable_seconds=0)


def test_covered_days_without_a_row_are_empty_and_the_others_ok(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 2): 40})

    report = run()

    (outcome,) = report.files
    statuses = {s.dt.day: s.status for m in lake.manifests("sheet") for s in m.slices}
    assert (outcome.outcome, outcome.platform, outcome.stream) == (
        "landed",
        "sheet",
        "account_days",
    )
    assert report.partition_keys() == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert statuses == {1: "empty", 2: "ok", 3: "empty"}
    assert outcome.rows == 1


def test_same_content_twice_is_one_batch(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 2): 40})
    run()
    _drop(settings, {date(2026, 3, 2): 40}, name="again.xlsx")

    report = run()

    assert report.counts() == {"landed": 0, "duplicate": 1, "refused": 0}
    assert report.partition_keys() == []
    assert len({m.batch_id for m in lake.manifests("sheet")}) == 1
    assert sum(e["outcome"] == "duplicate" for e in lake.ledger("drops")) == 1


def test_same_content_twice_in_one_sweep_is_one_batch(
    settings: Settings, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 2): 40})
    _drop(settings, {date(2026, 3, 2): 40}, name="again.xlsx")

    assert run().counts() == {"landed": 1, "duplicate": 1, "refused": 0}


def test_corrected_sheet_supersedes_and_an_older_one_never_reverts(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 1): 10, date(2026, 3, 2): 40})
    run()
    _drop(
        settings,
        {date(2026, 3, 2): 41},
        name="b.xlsx",
        exported_at=datetime(2026, 4, 3, tzinfo=UTC),
    )
    run()
    _drop(
        settings,
        {date(2026, 3, 2): 39},
        name="c.xlsx",
        exported_at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    run()

    assert _current_plays(lake) == {date(2026, 3, 1): 10, date(2026, 3, 2): 41}


def test_order_of_drops_does_not_matter(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    for day, plays in ((3, 41), (1, 39), (2, 40)):
        taken = datetime(2026, 4, day + 1, tzinfo=UTC)
        _drop(settings, {date(2026, 3, 2): plays}, exported_at=taken)
        run()

    assert _current_plays(lake) == {date(2026, 3, 2): 41}


def test_file_is_archived_as_it_came(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    path = _drop(settings, {date(2026, 3, 2): 40})
    content = path.read_bytes()

    run()

    (kept,) = lake.list_files("archive")
    assert lake.read_bytes(kept) == content
    assert inbox.pending(settings.inbox) == []


@pytest.mark.parametrize(
    ("folder", "name", "content", "reason"),
    [
        ("dyy", "a.csv", "日期,播放量", "folder 'dyy' is no account"),
        ("", "a.csv", "日期,播放量", "outside any account's folder"),
        ("dy", "a.csv", "姓名,部门", "Known kinds"),
        ("dy", "a.bin", "\x00\x01", "neither a workbook nor text"),
    ],
    ids=["unknown account", "no account", "unknown kind", "unreadable"],
)
def test_refused_file_is_kept_with_the_reason(
    settings: Settings,
    lake: Lake,
    run: Callable[[], DropReport],
    folder: str,
    name: str,
    content: str,
    reason: str,
) -> None:
    path = settings.inbox / folder / name
    path.parent.mkdir(parents=True)
    path.write_text(content)

    report = run()

    (kept,) = lake.list_files("quarantine/files")
    (entry,) = lake.ledger("drops")
    assert reason in report.refusals()[0]
    assert (entry["reason"], entry["kept"]) == (report.refusals()[0], kept)
    assert lake.read_bytes(kept).decode() == content
    assert lake.manifests() == []


def test_export_in_another_platforms_folder_names_the_right_one(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    stream = find_stream("xiaohongshu", "note_export")
    write_sheet(stream, [NOTE], settings.inbox / "dy" / "a.xlsx", exported_at=TAKEN)

    report = run()

    assert "belongs to a xiaohongshu account" in report.refusals()[0]
    assert "inbox/red" in report.refusals()[0]


def test_refused_file_lands_once_its_account_exists(
    settings: Settings, lake: Lake, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 2): 40}, account="new")
    run()
    _drop(settings, {date(2026, 3, 2): 40}, account="new")

    accounts = (*ACCOUNTS, Account("new", "douyin", "3", "新", "acme"))
    report = process_drops(settings, lake, accounts, stable_seconds=0)

    assert report.counts() == {"landed": 1, "duplicate": 0, "refused": 0}


def test_bad_file_does_not_stop_the_others(
    settings: Settings, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 2): 40}, name="b.xlsx")
    (settings.inbox / "dy" / "a.xlsx").write_bytes(b"PK cut off")
    (settings.inbox / "dy" / "c.csv").write_text("数据起,2026-03-01,数据止,9999-12-31\n日期\n")

    assert run().counts() == {"landed": 1, "duplicate": 0, "refused": 2}


def test_crash_before_landing_is_made_good_by_the_next_sweep(
    settings: Settings, run: Callable[[], DropReport]
) -> None:
    _drop(settings, {date(2026, 3, 2): 40})
    inbox.claim(settings.inbox, stable_seconds=0)

    assert len(inbox.pending(settings.inbox)) == 1
    assert run().counts() == {"landed": 1, "duplicate": 0, "refused": 0}


def test_crash_after_landing_leaves_one_batch(
    settings: Settings, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    _drop(settings, {date(2026, 3, 2): 40})
    append = Lake.append

    def dying(self: Lake, ledger: str, entry_id: str, entry: Any) -> bool:
        if entry["outcome"] == "landed":
            raise OSError("the machine dies here")
        return append(self, ledger, entry_id, entry)

    monkeypatch.setattr(Lake, "append", dying)
    with pytest.raises(OSError, match="dies"):
        process_drops(settings, lake, ACCOUNTS, stable_seconds=0)
    monkeypatch.setattr(Lake, "append", append)
    report = process_drops(settings, lake, ACCOUNTS, stable_seconds=0)

    assert report.counts()["landed"] == 1
    assert len({m.batch_id for m in lake.manifests("sheet")}) == 1
    assert _current_plays(lake) == {date(2026, 3, 2): 40}


def test_crash_before_the_file_goes_tells_its_days_once_more_and_no_duplicate(
    settings: Settings, lake: Lake, run: Callable[[], DropReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    _drop(settings, {date(2026, 3, 2): 40})
    with monkeypatch.context() as dying:
        dying.setattr(Path, "unlink", _die)
        with pytest.raises(OSError, match="dies"):
            run()

    report = run()

    assert report.counts() == {"landed": 1, "duplicate": 0, "refused": 0}
    assert report.partition_keys() == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert len({m.batch_id for m in lake.manifests("sheet")}) == 1
    assert not inbox.pending(settings.inbox)


def _die(*_: object, **__: object) -> None:
    raise OSError("the machine dies here")


def test_growing_file_stays_in_the_inbox(settings: Settings) -> None:
    path = _drop(settings, {date(2026, 3, 2): 40})

    def keep_writing(_seconds: float) -> None:
        path.write_bytes(path.read_bytes() + b"more")

    assert inbox.claim(settings.inbox, stable_seconds=1, sleep=keep_writing) == []
    assert inbox.pending(settings.inbox) == [path]


@pytest.mark.parametrize("name", ["~$a.xlsx", ".a.xlsx", "a.xlsx.part", "a.crdownload"])
def test_lock_files_and_downloads_under_way_are_left_alone(settings: Settings, name: str) -> None:
    (settings.inbox / "dy").mkdir(parents=True)
    (settings.inbox / "dy" / name).write_text("x")

    assert inbox.pending(settings.inbox) == []


def test_two_claimed_files_of_one_name_are_both_kept(settings: Settings) -> None:
    _drop(settings, {date(2026, 3, 1): 1})
    inbox.claim(settings.inbox, stable_seconds=0)
    _drop(settings, {date(2026, 3, 1): 2})

    claims = inbox.claim(settings.inbox, stable_seconds=0)

    assert sorted(claim.name for claim in claims) == ["a (2).xlsx", "a.xlsx"]


def test_link_is_never_followed(settings: Settings, tmp_path: Path) -> None:
    (settings.inbox / "dy").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("x")
    (settings.inbox / "dy" / "a.csv").symlink_to(tmp_path / "secret.csv")

    assert inbox.claim(settings.inbox, stable_seconds=0) == []


def test_empty_inbox_needs_no_folder(settings: Settings, run: Callable[[], DropReport]) -> None:
    assert run().counts() == {"landed": 0, "duplicate": 0, "refused": 0}


def _drop(
    settings: Settings,
    plays: dict[date, int],
    *,
    name: str = "a.xlsx",
    account: str = "dy",
    exported_at: datetime = TAKEN,
) -> Path:
    rows = [{"stat_date": day, "plays": count} for day, count in plays.items()]
    return write_sheet(
        DAYS,
        rows,
        settings.inbox / account / name,
        exported_at=exported_at,
        covers_from=date(2026, 3, 1),
        covers_to=date(2026, 3, 3),
    )


def _current_plays(lake: Lake) -> dict[date, int]:
    """Return what counts once the gate has passed everything."""
    for manifest in lake.ungated():
        passed = [SliceVerdict(s.account_key, s.dt, True) for s in manifest.slices]
        spoken = {(v.account_key, v.dt): v for v in lake.verdicts_of(manifest.batch_id)}
        lake.write_verdict(manifest.batch_id, [*spoken.values(), *passed])
    slices = lake.current(DAYS, "sheet")
    files = sorted({lake.address(path) for winner in slices for path in winner.files})
    with duckdb.connect() as database:
        database.execute(
            "create table winners (account_key text, dt date, batch_id text, committed_at text)"
        )
        database.executemany(
            "insert into winners values (?, ?, ?, ?)",
            [(s.key.account_key, s.key.dt, s.batch_id, s.committed_at) for s in slices],
        )
        sql = current_rows_sql(DAYS, files, "winners")
        return dict(database.execute(f"select stat_date, plays from ({sql})").fetchall())
