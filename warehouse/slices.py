"""What the lake holds now: the current slice of every key, and the newest attempt at it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from extractors.core.lake import (
    READABLE,
    Landed,
    Manifest,
    SliceKey,
    SliceRecord,
    SliceVerdict,
    WinningSlice,
    current_slices,
)
from warehouse.site import Site

STREAM = tuple[str, str]

SLICES = pa.schema(
    [
        pa.field("platform", pa.string(), False),
        pa.field("stream", pa.string(), False),
        pa.field("account_key", pa.string(), False),
        pa.field("dt", pa.date32(), False),
        pa.field("batch_id", pa.string(), False),
        pa.field("status", pa.string(), False),
        pa.field("rows", pa.int64(), False),
        pa.field("captured_at", pa.string(), False),
        pa.field("committed_at", pa.string(), False),
        pa.field("files", pa.list_(pa.string()), False),
    ]
)


@dataclass(frozen=True)
class Attempt:
    """How the newest reading of a slice ended, whether it counts or not."""

    status: str
    rows: int
    batch_id: str
    committed_at: str
    error: str | None
    is_judged: bool = True  # False: readable, and the gate has not spoken on it


@dataclass(frozen=True)
class LakeState:
    """The current slices per stream, and the newest attempt per slice."""

    current: dict[STREAM, list[WinningSlice]]
    attempts: dict[SliceKey, Attempt]

    def slices(self, until: date | None = None) -> list[WinningSlice]:
        """Return all current slices, of days up to `until`, in a fixed order."""
        return sorted(
            (s for of_stream in self.current.values() for s in of_stream if in_time(s, until)),
            key=order,
        )

    def refused(self, since: date) -> tuple[str, ...]:
        """Return what the gate keeps from counting, from a day on, with the rules by name."""
        return tuple(
            f"{key.platform}/{key.stream} {key.account_key} {key.dt}: {attempt.error}"
            for key, attempt in self.suspects()
            if key.dt >= since
        )

    def suspects(self) -> list[tuple[SliceKey, Attempt]]:
        """Return the newest attempts that are held back and that nobody has accepted."""
        counting = {(s.key, s.batch_id) for of_stream in self.current.values() for s in of_stream}
        return sorted(
            (
                (key, attempt)
                for key, attempt in self.attempts.items()
                if attempt.status == "suspect" and (key, attempt.batch_id) not in counting
            ),
            key=lambda item: str(item[0]),
        )

    def complete(self) -> set[SliceKey]:
        """Return the keys that have a current slice, with or without rows."""
        return {s.key for of_stream in self.current.values() for s in of_stream}


def in_time(winner: WinningSlice, until: date | None) -> bool:
    """Tell whether a slice belongs to a release of that as-of day."""
    return until is None or winner.key.dt <= until


def order(winner: WinningSlice) -> tuple[str, str, str, date, str]:
    """Return the fixed order of slices: stream, account, day, batch."""
    key = winner.key
    return (key.platform, key.stream, key.account_key, key.dt, winner.batch_id)


def read_lake_state(site: Site) -> LakeState:
    """Read manifests and verdicts once and reduce them to what counts."""
    return lake_state(site, site.lake.landed())


def lake_state(site: Site, landed: Landed) -> LakeState:
    """Reduce what was committed to what counts."""
    admitted: dict[STREAM, list[WinningSlice]] = {}
    for winner in landed.admitted():
        admitted.setdefault((winner.key.platform, winner.key.stream), []).append(winner)
    current = {
        (platform.name, stream.name): current_slices(
            admitted.get((platform.name, stream.name), []), stream
        )
        for platform, stream in site.streams
    }
    return LakeState(current, newest_attempts(landed.manifests, landed.verdicts))


def newest_attempts(
    manifests: Iterable[Manifest],
    verdicts: Mapping[str, Mapping[tuple[str, date], SliceVerdict]],
) -> dict[SliceKey, Attempt]:
    """Return the newest attempt per slice; what the gate refused counts as suspect."""
    found = {}
    records = [(manifest, record) for manifest in manifests for record in manifest.slices]
    for manifest, record in sorted(records, key=lambda r: (r[0].committed(r[1]), r[0].batch_id)):
        spoken = verdicts.get(manifest.batch_id, {})
        verdict = spoken.get((record.account_key, record.dt))
        found[manifest.key(record)] = _attempt(manifest, record, verdict)
    return found


def slice_table(slices: Sequence[WinningSlice]) -> pa.Table:
    """Return slices as a table."""
    return pa.Table.from_pylist(
        [
            {
                "platform": s.key.platform,
                "stream": s.key.stream,
                "account_key": s.key.account_key,
                "dt": s.key.dt,
                "batch_id": s.batch_id,
                "status": s.status,
                "rows": s.rows,
                "captured_at": s.captured_at,
                "committed_at": s.committed_at,
                "files": list(s.files),
            }
            for s in slices
        ],
        schema=SLICES,
    )


def slices_from(table: pa.Table) -> list[WinningSlice]:
    """Return the slices of a table made by slice_table."""
    return [
        WinningSlice(
            SliceKey(row["platform"], row["stream"], row["account_key"], row["dt"]),
            row["batch_id"],
            row["status"],
            row["rows"],
            row["captured_at"],
            row["committed_at"],
            tuple(row["files"]),
        )
        for row in table.to_pylist()
    ]


def moment(text: str) -> datetime:
    """Return the moment that a manifest wrote as ISO text."""
    return datetime.fromisoformat(text)


def _attempt(manifest: Manifest, record: SliceRecord, verdict: SliceVerdict | None) -> Attempt:
    status, error = str(record.status), record.error
    is_judged = record.status not in READABLE or verdict is not None
    if not is_judged:
        status, error = "not_ready", "the gate has not judged it yet (run tidemark gate)"
    elif record.status in READABLE and verdict is not None and not verdict.passed:
        status, error = "suspect", "refused by " + ", ".join(verdict.failures)
    committed_at = manifest.committed(record)
    return Attempt(status, record.rows, manifest.batch_id, committed_at, error, is_judged)
