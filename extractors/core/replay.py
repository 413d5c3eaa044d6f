"""Quarantined rows taken in anew, after a declaration or a field's type was corrected.

What is now understood is committed beside the rows that its first batch did land, as a batch of
the same capture time: `<first batch>-r1`, `-r2`, … A slice that was read again since is left alone
where the newest reading wins whole. Running it again adds nothing.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from extractors.core.batch import Batch
from extractors.core.intake import placed
from extractors.core.lake import Lake, Manifest, SliceRecord, WinningSlice, iter_rows
from extractors.core.model import JUDGED, Platform, Stream, Window
from extractors.core.parts import SliceId
from extractors.core.rows import ROW_ERRORS, Normaliser, RowRefused
from extractors.core.suspects import with_suspects

LEDGER = "replays"
REPLAYED = "-r"

Row = dict[str, Any]
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Replay:
    """What became of the quarantined rows of one batch."""

    stream: str
    batch_id: str
    landed: int = 0
    refused: int = 0  # still not understood
    masked: int = 0  # something of people was taken out of them: only the source has them whole
    overtaken: int = 0  # their slice was read again since, or its reading failed


def replay_quarantine(lake: Lake, platform: Platform, stream: Stream) -> list[Replay]:
    """Land what is now understood of a stream's quarantined rows; one entry per batch with any."""
    landed: dict[str, set[int]] = defaultdict(set)
    for entry in lake.ledger(LEDGER):
        landed[entry["batch_id"]].update(entry["lines"])
    batches: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in lake.manifests(platform.name, stream.name):
        batches[manifest.batch_id.partition(REPLAYED)[0]].append(manifest)
    found = []
    for batch_id, manifests in sorted(batches.items()):
        lines = dict(enumerate(_lines(lake, platform, stream, manifests)))
        waiting = {n: line for n, line in lines.items() if n not in landed[batch_id]}
        if waiting:
            found.append(_replay(lake, platform, stream, manifests, waiting))
    return found


def _lines(
    lake: Lake, platform: Platform, stream: Stream, manifests: Sequence[Manifest]
) -> Iterator[Line]:
    for manifest in manifests:
        if manifest.quarantined:
            folder = f"quarantine/{platform.name}/{stream.name}/dt={manifest.dt}"
            for path in lake.list_files(folder):
                if path.rpartition("/")[2].partition(".")[0] == manifest.batch_id:
                    yield from map(json.loads, lake.read_bytes(path).decode().splitlines())


def _replay(
    lake: Lake,
    platform: Platform,
    stream: Stream,
    manifests: Sequence[Manifest],
    waiting: Mapping[int, Line],
) -> Replay:
    first = min(manifests, key=lambda m: (len(m.batch_id), m.dt))
    standing = _standing(lake, platform, stream, manifests)
    counts: Counter[str] = Counter()
    rows: dict[int, tuple[SliceId, Row]] = {}
    for number, line in waiting.items():
        outcome = _outcome(stream, line, datetime.fromisoformat(first.captured_at))
        if not isinstance(outcome, str) and outcome[0] not in standing:
            outcome = "overtaken"
        if isinstance(outcome, str):
            counts[outcome] += 1
        else:
            rows[number] = outcome
    if rows:
        _commit(lake, platform, stream, first, standing, rows)
    return Replay(stream.name, first.batch_id, len(rows), **counts)


def _outcome(stream: Stream, line: Line, captured_at: datetime) -> tuple[SliceId, Row] | str:
    """Return where a quarantined row belongs and the row itself, or why it cannot be landed."""
    if not line["is_whole"]:
        return "masked"
    window = Window(date.fromisoformat(line["since"]), date.fromisoformat(line["until"]))
    version = datetime.fromisoformat(line["version"]) if line["version"] else captured_at
    try:
        row = _typed(stream, line["row"], line["keys"])
        place = placed(stream, row, window, version)
    except ROW_ERRORS:
        return "refused"
    if place is None:
        return "overtaken"
    return (line["account_key"], place[0]), {**row, "_source_version": place[1]}


def _standing(
    lake: Lake, platform: Platform, stream: Stream, manifests: Sequence[Manifest]
) -> dict[SliceId, WinningSlice]:
    """Map the slices that a replay may add to, to the newest of the batch's own versions."""
    found: dict[SliceId, WinningSlice] = {}
    for manifest in sorted(manifests, key=lambda m: (m.committed_at, m.batch_id)):
        for record in manifest.slices:
            if record.status in JUDGED:
                found[(record.account_key, record.dt)] = WinningSlice(
                    manifest.key(record),
                    manifest.batch_id,
                    record.status,
                    record.rows,
                    manifest.captured_at,
                    manifest.committed(record),
                    manifest.files if record.rows else (),
                )
    if stream.merge == "upsert_version" and not stream.is_complete_listing:
        return found
    newest = {(w.key.account_key, w.key.dt): w for w in lake.current(stream, platform.name)}
    if stream.is_complete_listing:
        newest |= {(account, dt): w for (account, _), w in newest.items() for _, dt in found}
    return {
        key: own
        for key, own in found.items()
        if key not in newest or newest[key].committed_at <= own.committed_at
    }


def _commit(
    lake: Lake,
    platform: Platform,
    stream: Stream,
    first: Manifest,
    standing: Mapping[SliceId, WinningSlice],
    rows: Mapping[int, tuple[SliceId, Row]],
) -> None:
    """Write a batch of the slices that gain rows: what they had, and what is understood now."""
    batch_id = _next_id(lake, platform, stream, first)
    batch = Batch(lake, platform, stream, datetime.fromisoformat(first.captured_at), batch_id)
    touched = sorted({slice_id for slice_id, _ in rows.values()})
    for slice_id in touched:
        for row in iter_rows(lake, [standing[slice_id]]):
            if (row["account_key"], row["dt"]) == slice_id:
                batch.add(
                    slice_id[0], slice_id[1], _typed_again(stream, row), row["_source_version"]
                )
    for slice_id, row in rows.values():
        batch.add(*slice_id, row, row["_source_version"])
    batch.close()
    records = [
        SliceRecord(key[0], key[1], "ok", batch.rows(key), is_zero=batch.is_zero(key))
        for key in touched
    ]
    batch.commit(with_suspects(lake, platform, stream, records), [])
    lake.append(LEDGER, batch_id, {"batch_id": first.batch_id, "lines": sorted(rows)})


def _next_id(lake: Lake, platform: Platform, stream: Stream, first: Manifest) -> str:
    """Return an id that sorts behind the first batch's, and behind earlier replays of it."""
    prefix = first.batch_id + REPLAYED
    manifests = lake.manifests(platform.name, stream.name)
    earlier = {m.batch_id for m in manifests if m.batch_id.startswith(prefix)}
    return f"{prefix}{len(earlier) + 1:03d}"


def _typed(stream: Stream, item: Row, keys: Mapping[str, str]) -> Row:
    return Normaliser(stream, _hashed_before).row(item, keys)


def _typed_again(stream: Stream, row: Row) -> Row:
    """Return a landed row as the stream is declared today."""
    personal = {f.name for f in stream.fields if f.personal}
    keys = {name: row[name] for name in personal if row.get(name)}
    item = {name: value for name, value in row.items() if name not in personal}
    return _typed(stream, item, keys)


def _hashed_before() -> Callable[[str], str]:
    raise RowRefused("no_key", "a personal field was not hashed when it was quarantined")
