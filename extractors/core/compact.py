"""Compaction: fewer files and manifests for old days, and not one answer changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from extractors.core.lake import (
    Lake,
    Manifest,
    SliceRecord,
    SliceVerdict,
    WinningSlice,
    current_slices,
)
from extractors.core.model import JUDGED, Platform, Stream

MERGED = "-merged-"  # no batch id that is given out holds these letters
COMMITTED = "_committed_at"
VERSION = ("_source_version", "_captured_at", COMMITTED, "_batch_id")  # as current_rows_sql


def compact(lake: Lake, platform: Platform, stream: Stream, before: date) -> int:
    """Merge the batches of each day before a date into one; return how many manifests went.

    The new batch is whole before an old one is removed, so a crash at any point changes nothing.
    Complete listings are left alone: which batch a row came from is what says it still exists.
    """
    if stream.is_complete_listing:
        return 0
    by_day: dict[date, list[Manifest]] = defaultdict(list)
    for manifest in lake.manifests(platform.name, stream.name):
        if manifest.dt < before:
            by_day[manifest.dt].append(manifest)
    admitted: dict[date, list[WinningSlice]] = defaultdict(list)
    for winner in lake.admitted(platform.name, stream.name):
        admitted[winner.key.dt].append(winner)
    return sum(
        _compact_day(lake, stream, manifests, admitted[dt])
        for dt, manifests in sorted(by_day.items())
        if len(manifests) > 1
    )


def _compact_day(
    lake: Lake, stream: Stream, manifests: Sequence[Manifest], admitted: Sequence[WinningSlice]
) -> int:
    settled = [m for m in manifests if _is_settled(lake, m, stream, admitted)]
    if len(settled) < 2:
        return 0
    batches = {m.batch_id for m in settled}
    _write_merged(lake, stream, settled, [w for w in admitted if w.batch_id in batches])
    _remove(lake, settled)
    return len(settled)


def _is_settled(
    lake: Lake, manifest: Manifest, stream: Stream, admitted: Sequence[WinningSlice]
) -> bool:
    """Tell whether every slice of a manifest counts, or can never be asked for again."""
    counting = {(w.batch_id, w.key) for w in admitted}
    newest = {w.key: w.committed_at for w in admitted}  # admitted is sorted, oldest first
    accepted = {(e["batch_id"], e["account_key"], e["dt"]) for e in lake.ledger("acceptances")}
    for record in manifest.slices:
        key = manifest.key(record)
        if (manifest.batch_id, record.account_key, str(record.dt)) in accepted:
            return False  # the acceptance names this batch
        if (manifest.batch_id, key) in counting:
            continue
        # held back: an acceptance may come, and matters unless a newer slice replaced it whole
        may_count = record.status in JUDGED and stream.merge == "upsert_version"
        if may_count or newest.get(key, "") <= manifest.committed(record):
            return False
    return True


def _write_merged(
    lake: Lake, stream: Stream, settled: Sequence[Manifest], admitted: Sequence[WinningSlice]
) -> None:
    """Write what counts of some batches of one day as one batch, verdict included."""
    newest = max(settled, key=lambda m: (m.committed_at, m.batch_id))
    batch_id = _merged_id(settled, newest.dt)
    rows = _rows(lake, stream, current_slices(admitted, stream), batch_id)
    records = _records(settled, admitted, rows)
    path = lake.part_path(newest.platform, newest.stream, newest.dt, batch_id)
    if rows.num_rows:
        with lake.open_part(path, stream.schema) as writer:
            writer.write_table(rows)
    # the verdict first: without its manifest it speaks of nothing
    passed = [SliceVerdict(r.account_key, r.dt, True) for r in records]
    lake.write_verdict(batch_id, passed)
    lake.commit(
        replace(
            newest,
            batch_id=batch_id,
            slices=tuple(records),
            files=(path,) if rows.num_rows else (),
            quarantined=sum(m.quarantined for m in settled),
            drift=tuple(sorted({text for m in settled for text in m.drift})),
        )
    )


def _merged_id(settled: Sequence[Manifest], dt: date) -> str:
    """Return an id of this day alone that sorts behind those it replaces, so ties fall as before.

    A verdict file holds all slices of a batch, so two days must not share a merged batch.
    """
    taken = {manifest.batch_id for manifest in settled}
    merged = f"{max(taken).partition(MERGED)[0]}{MERGED}{dt:%Y%m%d}"
    while merged in taken:
        merged += "+"
    return merged


def _records(
    settled: Sequence[Manifest], admitted: Sequence[WinningSlice], rows: pa.Table
) -> list[SliceRecord]:
    """Return one record per account: its newest slice that counts, with the rows of all."""
    told = {(m.batch_id, m.key(record)): record for m in settled for record in m.slices}
    counted = pa.compute.value_counts(rows["account_key"]).to_pylist()
    rows_of = {entry["values"]: entry["counts"] for entry in counted}
    newest = {winner.key: winner for winner in admitted}
    return [
        replace(
            told[(winner.batch_id, key)],
            rows=rows_of.get(key.account_key, 0),
            committed_at=winner.committed_at,
            captured_at=winner.captured_at,
        )
        for key, winner in newest.items()
    ]


def _rows(lake: Lake, stream: Stream, winners: list[WinningSlice], batch_id: str) -> pa.Table:
    """Return the rows of the winners under the new batch's id, one per key of an upsert stream."""
    tables = [stream.schema.append(pa.field(COMMITTED, pa.string())).empty_table()]
    for winner in winners:
        for path in winner.files:
            with lake.filesystem.open_input_file(f"{lake.root}/{path}") as source:
                table = pq.read_table(source)
            of_account = pa.compute.equal(table["account_key"], winner.key.account_key)
            table = table.filter(of_account)
            committed = pa.array([winner.committed_at] * table.num_rows, pa.string())
            tables.append(table.append_column(COMMITTED, committed))
    merged = pa.concat_tables(tables, promote_options="default")
    if stream.merge == "upsert_version":
        merged = _highest_versions(merged, stream)
    merged = merged.select(stream.schema.names)
    position = merged.schema.get_field_index("_batch_id")
    renamed = pa.array([batch_id] * merged.num_rows, pa.string())
    return merged.set_column(position, merged.schema.field(position), renamed).cast(stream.schema)


def _highest_versions(rows: pa.Table, stream: Stream) -> pa.Table:
    order = [(name, "descending") for name in VERSION]
    keys = rows.select(["account_key", *stream.key]).to_pylist()
    best: dict[tuple[object, ...], int] = {}
    for index in pa.compute.sort_indices(rows, sort_keys=order).to_pylist():
        best.setdefault(tuple(keys[index].values()), index)
    return rows.take(pa.array(sorted(best.values()), pa.int64()))


def _remove(lake: Lake, manifests: Sequence[Manifest]) -> None:
    """Remove merged manifests first, then files and verdicts that nobody names any more."""
    for manifest in manifests:
        folder = f"_manifests/{manifest.platform}/{manifest.stream}/dt={manifest.dt}"
        lake.delete(f"{folder}/{manifest.batch_id}.json")
    for manifest in manifests:
        for path in manifest.files:
            lake.delete(path)
    left = {m.batch_id for m in lake.manifests(manifests[0].platform, manifests[0].stream)}
    for batch_id in {m.batch_id for m in manifests} - left:
        if lake.exists(f"_verdicts/{batch_id}.json"):
            lake.delete(f"_verdicts/{batch_id}.json")
