"""A day that runs is captured every few minutes: a capture that says nothing new is not kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from extractors.core.asking import saw_the_end
from extractors.core.batch import Batch
from extractors.core.lake import Manifest, SliceRecord
from extractors.core.model import READABLE

Rows = dict[tuple[Any, ...], dict[str, Any]]


def says_nothing_new(batch: Batch, records: Sequence[SliceRecord]) -> bool:
    """Tell whether every slice of a closed batch repeats the newest capture of its day.

    So a day without a room is two batches and not hundreds, and a room that is over is captured
    until its figures stand still. Failures and refused rows are always kept.
    """
    if batch.stream.every_minutes is None or batch.quarantined or not records:
        return False
    return all(_is_repeated(batch, record) for record in records)


def _is_repeated(batch: Batch, record: SliceRecord) -> bool:
    lake, stream = batch.lake, batch.stream
    captures = [
        manifest
        for manifest in lake.manifests(batch.platform.name, stream.name, {record.dt})
        if _has(manifest, record)
    ]
    if not captures or record.status not in READABLE:
        # a day that is over cannot be asked for: its captures say how it was
        return bool(captures) and record.status == "missing"
    newest = max(captures, key=lambda manifest: (manifest.committed_at, manifest.batch_id))
    seen_at = datetime.fromisoformat(newest.captured_at)
    is_first_at_end = not saw_the_end(stream, record.dt, seen_at)
    if is_first_at_end and saw_the_end(stream, record.dt, batch.captured_at):
        return False  # it says that nothing more came
    return _rows(batch, newest.files, record) == _rows(batch, batch.files, record)


def _has(manifest: Manifest, record: SliceRecord) -> bool:
    """Tell whether a batch read the account's day, whatever the gate says of it."""
    return any(
        (s.account_key, s.dt) == (record.account_key, record.dt) and s.status in READABLE
        for s in manifest.slices
    )


def _rows(batch: Batch, paths: Sequence[str], record: SliceRecord) -> Rows:
    """Return the declared fields of a slice's rows by their key."""
    names = [field.name for field in batch.stream.fields]
    found: Rows = {}
    for path in paths:
        with batch.lake.filesystem.open_input_file(f"{batch.lake.root}/{path}") as source:
            rows = pq.read_table(source, columns=[*names, "account_key", "dt"]).to_pylist()
        for row in rows:
            if (row.pop("account_key"), row.pop("dt")) == (record.account_key, record.dt):
                found[tuple(row[name] for name in batch.stream.key)] = row
    return found
