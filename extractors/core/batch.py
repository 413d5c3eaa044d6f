"""One batch being written: rows stream into row groups per day; nothing shows before commit."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.core.lake import Lake, Manifest, SliceRecord, new_batch_id
from extractors.core.model import Account, Platform, Row, Stream
from extractors.core.rows import RowRefused, without_personal

GROUP_ROWS = 10_000
SliceId = tuple[str, date]


@dataclass
class Batch:
    """The rows of one run of one stream, all its accounts and days."""

    lake: Lake
    platform: Platform
    stream: Stream
    captured_at: datetime
    batch_id: str = ""
    rows: Counter[SliceId] = field(default_factory=Counter)
    quarantined: Counter[date] = field(default_factory=Counter)
    duplicates: int = 0

    def __post_init__(self) -> None:
        self.batch_id = self.batch_id or new_batch_id(self.captured_at)
        self._buffers: dict[date, list[dict[str, Any]]] = defaultdict(list)
        self._writers: dict[date, pq.ParquetWriter] = {}
        self._refused: dict[date, list[str]] = defaultdict(list)
        self._seen: dict[SliceId, set[tuple[Any, ...]]] = defaultdict(set)
        self._with_values: set[SliceId] = set()
        self._counters = [f.name for f in self.stream.fields if f.kind != "attribute"]

    def add(self, account: Account, dt: date, row: dict[str, Any], version: datetime) -> None:
        """Take a typed row into its slice; a key seen before in the slice is a repeated page."""
        slice_id = (account.key, dt)
        # a growing listing would keep every key in memory: there, reading resolves repeats
        if self.stream.merge == "replace_slice":
            key = tuple(row[name] for name in self.stream.key)
            if key in self._seen[slice_id]:
                self.duplicates += 1
                return
            self._seen[slice_id].add(key)
        if any(row[name] for name in self._counters):
            self._with_values.add(slice_id)
        self.rows[slice_id] += 1
        loaded = {"account_key": account.key, "dt": dt, "_batch_id": self.batch_id}
        times = {"_captured_at": self.captured_at, "_source_version": version}
        self._buffers[dt].append({**row, **loaded, **times})
        if len(self._buffers[dt]) >= GROUP_ROWS:
            self._flush(dt)

    def refuse(self, account: Account, dt: date, item: Row, refusal: RowRefused) -> None:
        """Keep a row that cannot be landed, with its rule, for a replay."""
        entry = {
            "account_key": account.key,
            "rule": refusal.rule,
            "detail": str(refusal),
            "row": without_personal(self.stream, item),
        }
        self._refused[dt].append(json.dumps(entry, ensure_ascii=False, default=str))
        self.quarantined[dt] += 1

    def is_zero(self, slice_id: SliceId) -> bool:
        """Tell whether a slice has rows and all its counters are 0 or unknown."""
        has_counters = bool(self._counters) and self.rows[slice_id] > 0
        return has_counters and slice_id not in self._with_values

    def commit(self, records: list[SliceRecord], drift: list[str]) -> None:
        """Close the files and write the manifests, one per day: from here on the batch exists."""
        files = {dt: self._close(dt) for dt in sorted(self._buffers)}
        by_day: dict[date, list[SliceRecord]] = defaultdict(list)
        for record in records:
            by_day[record.dt].append(record)
        for dt in sorted(set(by_day) | set(self._refused)):
            self._write_quarantine(dt)
            self.lake.commit(
                Manifest(
                    self.batch_id,
                    self.platform.name,
                    self.stream.name,
                    dt,
                    datetime.now(UTC).isoformat(timespec="microseconds"),
                    self.captured_at.isoformat(),
                    tuple(by_day[dt]),
                    tuple(files.get(dt, ())),
                    self.quarantined[dt],
                    tuple(drift),
                )
            )

    def _flush(self, dt: date) -> None:
        if dt not in self._writers:
            path = self.lake.part_path(self.platform.name, self.stream.name, dt, self.batch_id)
            self._writers[dt] = self.lake.open_part(path, self.stream.schema)
        table = pa.Table.from_pylist(self._buffers[dt], schema=self.stream.schema)
        self._writers[dt].write_table(table)
        self._buffers[dt].clear()

    def _close(self, dt: date) -> list[str]:
        if self._buffers[dt]:
            self._flush(dt)
        writer = self._writers.pop(dt, None)
        if writer is None:
            return []
        writer.close()
        return [self.lake.part_path(self.platform.name, self.stream.name, dt, self.batch_id)]

    def _write_quarantine(self, dt: date) -> None:
        if self._refused[dt]:
            path = (
                f"quarantine/{self.platform.name}/{self.stream.name}/dt={dt}/{self.batch_id}.jsonl"
            )
            self.lake.write_bytes(path, "\n".join(self._refused[dt]).encode())
