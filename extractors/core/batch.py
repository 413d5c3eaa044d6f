"""One batch being written: rows to parts, refused rows to quarantine; nothing shows before commit.

A crash at any point leaves files that no manifest names, which no reader ever looks at.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from extractors.core.lake import Lake, Manifest, SliceRecord, as_bytes, new_batch_id
from extractors.core.model import Platform, Stream
from extractors.core.parts import DayParts, SliceId
from extractors.core.redact import redact, redact_body

REFUSED_AT_MOST = 10_000  # lines of one quarantine file


@dataclass
class Batch:
    """The rows of one run of one stream, all its accounts and days."""

    lake: Lake
    platform: Platform
    stream: Stream
    captured_at: datetime
    batch_id: str = ""
    quarantined: Counter[SliceId] = field(default_factory=Counter)
    outside: int = 0
    doubted: set[SliceId] = field(default_factory=set)  # a refused row may be one of theirs

    def __post_init__(self) -> None:
        self.batch_id = self.batch_id or new_batch_id(self.captured_at)
        same = {"_batch_id": self.batch_id, "_captured_at": self.captured_at}
        self._parts = DayParts(self.lake, self.platform.name, self.stream, self.batch_id, same)
        self._files: dict[date, list[str]] = {}
        self._refused: dict[date, list[str]] = defaultdict(list)
        self._written: Counter[date] = Counter()

    @property
    def duplicates(self) -> int:
        """How many rows came again, on a page that had shifted."""
        return self._parts.duplicates

    @property
    def files(self) -> list[str]:
        """The Parquet files of the batch, after close."""
        return [path for paths in self._files.values() for path in paths]

    def add(self, account_key: str, dt: date, row: dict[str, Any], version: datetime) -> None:
        """Take a typed row into its slice."""
        row["account_key"], row["_source_version"] = account_key, version
        self._parts.add(dt, row)

    def refuse(self, account_key: str, dt: date, entry: Mapping[str, Any]) -> None:
        """Keep what may be kept of a row that cannot be landed, with its rule, for a replay."""
        body = redact_body({"account_key": account_key, **entry})
        self._refused[dt].append(redact(json.dumps(body, ensure_ascii=False, default=str)))
        self.quarantined[(account_key, dt)] += 1
        if len(self._refused[dt]) >= REFUSED_AT_MOST:
            self._write_quarantine(dt)

    def doubt(self, account_key: str, days: Iterable[date]) -> None:
        """Note that a refused row belongs to one of these days, and nobody can tell to which."""
        self.doubted |= {(account_key, day) for day in days}

    def close(self) -> None:
        """Write what is left in memory; from here on the slices' rows are counted."""
        self._files = self._parts.close()
        for dt in self._refused:
            self._write_quarantine(dt)

    def rows(self, slice_id: SliceId) -> int:
        """Return how many rows a slice has, after close."""
        return self._parts.rows[slice_id]

    def is_zero(self, slice_id: SliceId) -> bool:
        """Tell whether a slice has rows and all its counters are 0 or unknown."""
        has_figures = self._parts.has_counters and self.rows(slice_id) > 0
        return has_figures and slice_id not in self._parts.with_values

    def drop(self) -> None:
        """Remove what was written: nobody will ever read it."""
        for path in self.files:
            self.lake.delete(path)

    def commit(self, records: list[SliceRecord], drift: list[str]) -> None:
        """Write the manifests, one per day: from here on the batch exists."""
        by_day: dict[date, list[SliceRecord]] = defaultdict(list)
        for record in records:
            by_day[record.dt].append(record)
        for dt in sorted(set(by_day) | set(self._refused)):
            self.lake.commit(
                Manifest(
                    self.batch_id,
                    self.platform.name,
                    self.stream.name,
                    dt,
                    # commits are ordered by real time; captured_at may be simulated
                    datetime.now(UTC).isoformat(timespec="microseconds"),
                    self.captured_at.isoformat(),
                    tuple(by_day[dt]),
                    tuple(self._files.get(dt, ())),
                    sum(n for (_, day), n in self.quarantined.items() if day == dt),
                    tuple(drift),
                )
            )

    def _write_quarantine(self, dt: date) -> None:
        if not self._refused[dt]:
            return
        number = self._written[dt]
        self._written[dt] += 1
        name = f"{self.batch_id}.{number}" if number else self.batch_id
        path = f"quarantine/{self.platform.name}/{self.stream.name}/dt={dt}/{name}.jsonl"
        self.lake.write_bytes(path, as_bytes("\n".join(self._refused[dt])))
        self._refused[dt] = []
