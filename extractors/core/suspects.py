"""Slices that brought suspiciously less than what they would supersede."""

from collections.abc import Sequence
from dataclasses import replace

from extractors.core.lake import Lake, SliceRecord, WinningSlice
from extractors.core.model import Platform, Stream

HALF = 0.5
REMEDY = "accept with `tidemark lake accept` if that is right"


def with_suspects(
    lake: Lake, platform: Platform, stream: Stream, records: Sequence[SliceRecord]
) -> list[SliceRecord]:
    """Mark what brought nothing, only zeros, or under half of what it would supersede."""
    if stream.is_complete_listing:
        standing = {w.key.account_key: w for w in lake.current(stream, platform.name)}
        return [_judged(record, standing.get(record.account_key)) for record in records]
    if stream.merge != "replace_slice":
        return list(records)
    days = {record.dt for record in records}
    winners = lake.current(stream, platform.name, days)
    by_slice = {(w.key.account_key, w.key.dt): w for w in winners}
    return [_judged(record, by_slice.get((record.account_key, record.dt))) for record in records]


def _judged(record: SliceRecord, standing: WinningSlice | None) -> SliceRecord:
    if standing is None or not standing.rows or record.status not in {"ok", "empty"}:
        return record
    if record.rows < HALF * standing.rows:
        why = f"{record.rows} rows where {standing.rows} are current"
    elif record.is_zero and not standing.is_zero:
        why = "only zeros where figures are current"
    else:
        return record
    return replace(record, status="suspect", error=f"{why}; {REMEDY}")
