"""Compaction: fewer files and manifests for old days, and not one answer changed.

A day's batches become one, and the days of a month that is over share one file: a file of some
hundred rows takes longer to open than to read, and after three years a stream has a thousand.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.core.lake import (
    Lake,
    Manifest,
    SliceRecord,
    SliceVerdict,
    WinningSlice,
    current_rows_of,
    current_slices,
)
from extractors.core.landed import open_tables
from extractors.core.model import JUDGED, Platform, Stream

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MERGED = "-merged-"  # no batch id that is given out holds these letters
#: a file that no manifest names may belong to an extraction, which names its files when it ends
UNNAMED_FOR = timedelta(days=2)
#: a group of rows takes as long to open as a file: the days of a small stream share one
GROUP_ROWS = 100_000
_WINNERS = pa.schema(
    [
        ("account_key", pa.string()),
        ("dt", pa.date32()),
        ("batch_id", pa.string()),
        ("committed_at", pa.string()),
    ]
)


@dataclass(frozen=True)
class History:
    """What is known of a stream's batches: the slices that may count, and what was accepted."""

    admitted: Mapping[date, Sequence[WinningSlice]]  # by day, oldest first
    accepted: Collection[tuple[str, str, str]]  # batch, account, day

    def is_settled(self, manifest: Manifest, stream: Stream) -> bool:
        """Tell whether every slice of a manifest counts, or can never be asked for again."""
        if manifest.quarantined:
            return False  # a replay looks for its refused rows under this batch
        admitted = self.admitted.get(manifest.dt, ())
        counting = {(w.batch_id, w.key) for w in admitted}
        newest = {w.key: w.committed_at for w in admitted}
        for record in manifest.slices:
            key = manifest.key(record)
            if (manifest.batch_id, record.account_key, str(record.dt)) in self.accepted:
                return False  # the acceptance names this batch
            if (manifest.batch_id, key) in counting:
                continue
            # held back: an acceptance may come, and matters unless a newer slice replaced it whole
            may_count = record.status in JUDGED and stream.merge == "upsert_version"
            if may_count or newest.get(key, "") <= manifest.committed(record):
                return False
        return True


def compact(lake: Lake, platform: Platform, stream: Stream, before: date) -> int:
    """Merge the batches of each day before a date, and the files of each month before it.

    Returns how many manifests were replaced. The new batches are whole before an old one is
    removed, so a crash at any point changes nothing. Replaced files go with the next compaction: a
    release that was planned before may read them, and the next one compares with them. Complete
    listings are left alone: which batch a row came from is what says it still exists.
    """
    until = datetime.now(UTC) - UNNAMED_FOR
    aged = lake.written_before(f"raw/{platform.name}/{stream.name}", until)
    # listed after the files: what is named meanwhile stays
    manifests = lake.manifests(platform.name, stream.name)
    _remove_unnamed(lake, aged, manifests)
    if stream.is_complete_listing:
        return 0
    history = _history(lake, platform, stream)
    replaced: list[Manifest] = []
    with open_tables() as database:
        for old in _scattered(manifests, history, stream, before):
            _write_merged(lake, database, stream, old, history)
            replaced += old
    _remove(lake, replaced)
    return len(replaced)


def _history(lake: Lake, platform: Platform, stream: Stream) -> History:
    admitted: dict[date, list[WinningSlice]] = defaultdict(list)
    for winner in lake.admitted(platform.name, stream.name):
        admitted[winner.key.dt].append(winner)
    accepted = {(e["batch_id"], e["account_key"], e["dt"]) for e in lake.ledger("acceptances")}
    return History(admitted, accepted)


def _scattered(
    manifests: Iterable[Manifest], history: History, stream: Stream, before: date
) -> list[list[Manifest]]:
    """Return what is to be merged: settled manifests of one file to be, oldest file first."""
    by_file: dict[date, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        if manifest.dt < before and history.is_settled(manifest, stream):
            by_file[_first_day_of_file(manifest.dt, before)].append(manifest)
    return [settled for _, settled in sorted(by_file.items()) if _is_scattered(settled)]


def _first_day_of_file(dt: date, before: date) -> date:
    """Return the month of a day, or the day itself where the month is not over."""
    month = dt.replace(day=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    return month if next_month <= before else dt


def _is_scattered(settled: Sequence[Manifest]) -> bool:
    files = {path for manifest in settled for path in manifest.files}
    return len(files) > 1 or len(settled) > len({manifest.dt for manifest in settled})


def _write_merged(
    lake: Lake,
    database: "DuckDBPyConnection",
    stream: Stream,
    old: Sequence[Manifest],
    history: History,
) -> None:
    """Write what counts of some batches into one file, with a batch and its verdict a day."""
    by_day: dict[date, list[Manifest]] = defaultdict(list)
    for manifest in old:
        by_day[manifest.dt].append(manifest)
    path = _path(lake, by_day)
    merged: list[Manifest] = []
    with _in_large_groups(lake, path, stream) as write:
        for dt, of_day in sorted(by_day.items()):
            batch_id = _merged_id(of_day, dt)
            batches = {m.batch_id for m in of_day}
            admitted = [w for w in history.admitted.get(dt, ()) if w.batch_id in batches]
            rows = _rows(lake, database, stream, current_slices(admitted, stream), batch_id)
            write(rows)
            files = (path,) if rows.num_rows else ()
            merged.append(_manifest(of_day, batch_id, _records(of_day, admitted, rows), files))
    for manifest in merged:
        # the verdict first: without its manifest it speaks of nothing
        passed = [SliceVerdict(r.account_key, r.dt, True) for r in manifest.slices]
        lake.write_verdict(manifest.batch_id, passed)
        lake.commit(manifest)


@contextmanager
def _in_large_groups(lake: Lake, path: str, stream: Stream) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that adds rows to a file; without any there will be no file."""
    waiting: list[pa.Table] = []
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None

        def flush(at_least: int) -> None:
            nonlocal writer
            rows = pa.concat_tables([stream.schema.empty_table(), *waiting])
            if rows.num_rows >= at_least:
                writer = writer or stack.enter_context(lake.open_part(path, stream.schema))
                writer.write_table(rows)
                waiting.clear()

        def write(rows: pa.Table) -> None:
            waiting.append(rows)
            flush(GROUP_ROWS)

        yield write
        flush(1)


def _path(lake: Lake, by_day: Mapping[date, Sequence[Manifest]]) -> str:
    """Return where the file belongs: with its first day, under the id of that day's batch."""
    first = min(by_day)
    any_of_it = by_day[first][0]
    batch_id = _merged_id(by_day[first], first)
    return lake.part_path(any_of_it.platform, any_of_it.stream, first, batch_id)


def _manifest(
    of_day: Sequence[Manifest],
    batch_id: str,
    records: Sequence[SliceRecord],
    files: tuple[str, ...],
) -> Manifest:
    newest = max(of_day, key=lambda m: (m.committed_at, m.batch_id))
    return replace(
        newest,
        batch_id=batch_id,
        slices=tuple(records),
        files=files,
        drift=tuple(sorted({text for m in of_day for text in m.drift})),
    )


def _merged_id(settled: Sequence[Manifest], dt: date) -> str:
    """Return an id of this day alone that sorts behind those it replaces, so ties fall as before.

    A verdict file holds all slices of a batch, so two days must not share a merged batch.
    """
    newest = max(manifest.batch_id for manifest in settled)
    merged = f"{newest.partition(MERGED)[0]}{MERGED}{dt:%Y%m%d}"
    again = (f"{merged}-{nth:04d}" for nth in count(1))
    return merged if merged > newest else next(name for name in again if name > newest)


def _records(
    settled: Sequence[Manifest], admitted: Sequence[WinningSlice], rows: pa.Table
) -> list[SliceRecord]:
    """Return one record per account: its newest slice that counts, with the rows of all."""
    told = {(m.batch_id, m.key(record)): record for m in settled for record in m.slices}
    rows_of = Counter(rows["account_key"].to_pylist())
    newest = {winner.key: winner for winner in admitted}
    return [
        replace(
            told[(winner.batch_id, key)],
            rows=rows_of[key.account_key],
            committed_at=winner.committed_at,
            captured_at=winner.captured_at,
        )
        for key, winner in newest.items()
    ]


def _rows(
    lake: Lake,
    database: "DuckDBPyConnection",
    stream: Stream,
    winners: Sequence[WinningSlice],
    batch_id: str,
) -> pa.Table:
    """Return the current rows of a day under the new batch's id."""
    files = sorted({path for winner in winners for path in winner.files})
    if not files:
        return stream.schema.empty_table()
    landed = [stream.schema.empty_table(), *(lake.read_day(f, winners[0].key.dt) for f in files)]
    database.register("landed", pa.concat_tables(landed, promote_options="default"))
    database.register("winner", _table(winners))
    query = current_rows_of(stream, "landed", "winner")
    names = ", ".join(f'"{name}"' for name in stream.schema.names)
    rows = database.execute(
        f"select {names} from (select * replace ($1 as _batch_id) from ({query}))", [batch_id]
    )
    return rows.to_arrow_table().cast(stream.schema)


def _table(winners: Sequence[WinningSlice]) -> pa.Table:
    rows = [(w.key.account_key, w.key.dt, w.batch_id, w.committed_at) for w in winners]
    return pa.table(list(zip(*rows, strict=True)), schema=_WINNERS)


def _remove(lake: Lake, replaced: Sequence[Manifest]) -> None:
    """Remove manifests that were replaced, then the verdicts of which none speaks any more."""
    if not replaced:
        return
    for manifest in replaced:
        lake.delete(manifest.path)
    platform, stream = replaced[0].platform, replaced[0].stream
    left = {m.batch_id for m in lake.manifests(platform, stream)}
    for batch_id in {m.batch_id for m in replaced} - left:
        if lake.exists(f"_verdicts/{batch_id}.json"):
            lake.delete(f"_verdicts/{batch_id}.json")


def _remove_unnamed(lake: Lake, aged: Iterable[str], manifests: Iterable[Manifest]) -> None:
    """Remove data files that no manifest names: replaced by a former compaction, or abandoned."""
    named = {path for manifest in manifests for path in manifest.files}
    for path in aged:
        if path not in named:
            lake.delete(path)
