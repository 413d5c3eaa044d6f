"""Compaction: fewer files and manifests for old days, and not one answer changed."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime

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
from extractors.core.model import Platform, Stream

#: sorts behind the newest batch that it replaces, so that ties fall as before
SUFFIX = "-c"


def compact(lake: Lake, platform: Platform, stream: Stream, before: date) -> int:
    """Merge the batches of each day before a date into one; return how many manifests went.

    The new batch is whole before an old one is removed, so a crash at any point changes nothing.
    Complete listings are left alone: which batch a row came from is what says it still exists.
    """
    if stream.is_complete_listing:
        return 0
    admitted: dict[date, list[WinningSlice]] = defaultdict(list)
    for winner in lake.admitted(platform.name, stream.name):
        if winner.key.dt < before:
            admitted[winner.key.dt].append(winner)
    settled = {(winner.batch_id, winner.key) for day in admitted.values() for winner in day}
    removed = 0
    for manifests in _by_day(lake, platform, stream, before):
        mergeable = [
            m for m in manifests if all((m.batch_id, m.key(s)) in settled for s in m.slices)
        ]
        if len(mergeable) > 1:
            batches = {m.batch_id for m in mergeable}
            slices = [w for w in admitted[manifests[0].dt] if w.batch_id in batches]
            _write_merged(lake, platform, stream, slices)
            removed += _remove(lake, mergeable)
    return removed


def _by_day(
    lake: Lake, platform: Platform, stream: Stream, before: date
) -> Iterator[list[Manifest]]:
    found: dict[date, list[Manifest]] = defaultdict(list)
    for manifest in lake.manifests(platform.name, stream.name):
        if manifest.dt < before:
            found[manifest.dt].append(manifest)
    yield from found.values()


def _write_merged(
    lake: Lake, platform: Platform, stream: Stream, slices: list[WinningSlice]
) -> None:
    """Write the rows that count of some slices of one day as one batch, verdict included."""
    winners = current_slices(slices, stream)
    newest = max(winners, key=lambda w: (w.committed_at, w.batch_id))
    batch_id = max(w.batch_id for w in slices).removesuffix(SUFFIX) + SUFFIX
    if batch_id in {w.batch_id for w in slices}:
        batch_id += SUFFIX
    dt = newest.key.dt
    rows = _rows(lake, stream, winners, batch_id)
    path = lake.part_path(platform.name, stream.name, dt, batch_id)
    if rows.num_rows:
        with lake.open_part(path, stream.schema) as writer:
            writer.write_table(rows)
    counted: dict[str, int] = defaultdict(int)
    for account_key in rows.column("account_key").to_pylist():
        counted[account_key] += 1
    accounts = sorted({w.key.account_key for w in winners})
    records = tuple(
        SliceRecord(a, dt, "ok" if counted[a] else "empty", counted[a]) for a in accounts
    )
    # the verdict first: without its manifest it speaks of nothing
    lake.write_verdict(batch_id, [SliceVerdict(a, dt, True) for a in accounts])
    lake.commit(
        Manifest(
            batch_id,
            platform.name,
            stream.name,
            dt,
            newest.committed_at,
            datetime.now(UTC).isoformat(),
            records,
            (path,) if rows.num_rows else (),
        )
    )


def _rows(lake: Lake, stream: Stream, winners: list[WinningSlice], batch_id: str) -> pa.Table:
    """Return the rows of the winners under the new batch's id, one per key of an upsert stream."""
    tables = [stream.schema.empty_table()]
    for winner in winners:
        for path in winner.files:
            with lake.filesystem.open_input_file(f"{lake.root}/{path}") as source:
                table = pq.read_table(source)
            of_account = pa.compute.equal(table["account_key"], winner.key.account_key)
            tables.append(table.filter(of_account))
    merged = pa.concat_tables(tables, promote_options="default").select(stream.schema.names)
    if stream.merge == "upsert_version":
        merged = _highest_versions(merged, stream)
    position = merged.schema.get_field_index("_batch_id")
    renamed = pa.array([batch_id] * merged.num_rows, pa.string())
    return merged.set_column(position, merged.schema.field(position), renamed).cast(stream.schema)


def _highest_versions(rows: pa.Table, stream: Stream) -> pa.Table:
    order = [(name, "descending") for name in ("_source_version", "_captured_at", "_batch_id")]
    keys = rows.select(["account_key", *stream.key]).to_pylist()
    best: dict[tuple[object, ...], int] = {}
    for index in pa.compute.sort_indices(rows, sort_keys=order).to_pylist():
        best.setdefault(tuple(keys[index].values()), index)
    return rows.take(pa.array(sorted(best.values()), pa.int64()))


def _remove(lake: Lake, manifests: list[Manifest]) -> int:
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
    return len(manifests)
