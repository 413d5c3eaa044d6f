"""The Parquet parts of one batch: rows in, row groups out, memory and open files bounded."""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.core.lake import Lake
from extractors.core.model import Stream

GROUP_ROWS = 10_000
BUFFERED_AT_MOST = 50_000  # rows of all days together
OPEN_AT_MOST = 32  # a history has more days than a process may have files open

SliceId = tuple[str, date]


@dataclass
class DayParts:
    """Rows of many days as they come, each key once per account and day in the end.

    Of a key that comes again the highest source version stays, of equal ones the last.
    """

    lake: Lake
    platform: str
    stream: Stream
    batch_id: str
    same: Mapping[str, Any]  # load columns that are one value in the whole batch
    rows: Counter[SliceId] = field(default_factory=Counter)
    with_values: set[SliceId] = field(default_factory=set)
    duplicates: int = 0

    def __post_init__(self) -> None:
        self._buffers: dict[date, list[dict[str, Any]]] = defaultdict(list)
        self._buffered = 0
        self._open: OrderedDict[date, pq.ParquetWriter] = OrderedDict()
        self._paths: dict[date, list[str]] = defaultdict(list)
        self._groups: Counter[date] = Counter()
        self._key = ("account_key", *self.stream.key)
        self._counters = [f.name for f in self.stream.fields if f.kind != "attribute"]

    @property
    def has_counters(self) -> bool:
        """Whether the stream has figures that could all be zero."""
        return bool(self._counters)

    def add(self, dt: date, row: dict[str, Any]) -> None:
        """Take one row of a day, with the load columns that are its own."""
        buffer = self._buffers[dt]
        buffer.append(row)
        self._buffered += 1
        if len(buffer) >= GROUP_ROWS:
            self._flush(dt)
        elif self._buffered >= BUFFERED_AT_MOST:
            self._flush(max(self._buffers, key=lambda dt: len(self._buffers[dt])))

    def close(self) -> dict[date, list[str]]:
        """Finish every day; return the files of each."""
        for dt in sorted(self._buffers):
            self._flush(dt)
            self._close_part(dt)
            if self._groups[dt] > 1:
                self._drop_repeated(dt)
        return {dt: paths for dt, paths in sorted(self._paths.items()) if paths}

    def _flush(self, dt: date) -> None:
        rows = self._once_per_key(self._buffers[dt])
        self._buffered -= len(self._buffers[dt])
        self._buffers[dt] = []
        if not rows:
            return
        self._count(dt, rows)
        self._writer(dt).write_table(self._table(dt, rows))
        self._groups[dt] += 1

    def _count(self, dt: date, rows: list[dict[str, Any]]) -> None:
        for account_key, count in Counter(row["account_key"] for row in rows).items():
            self.rows[(account_key, dt)] += count
        for row in rows:
            slice_id = (row["account_key"], dt)
            if slice_id not in self.with_values and any(row[name] for name in self._counters):
                self.with_values.add(slice_id)

    def _table(self, dt: date, rows: list[dict[str, Any]]) -> pa.Table:
        same = {**self.same, "dt": dt}
        columns = [
            pa.repeat(pa.scalar(same[field.name], field.type), len(rows))
            if field.name in same
            else pa.array([row[field.name] for row in rows], field.type)
            for field in self.stream.schema
        ]
        return pa.Table.from_arrays(columns, schema=self.stream.schema)

    def _once_per_key(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        best: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            key = tuple(row[name] for name in self._key)
            standing = best.get(key)
            if standing is None or row["_source_version"] >= standing["_source_version"]:
                best[key] = row
        self.duplicates += len(rows) - len(best)
        return list(best.values())

    def _writer(self, dt: date) -> pq.ParquetWriter:
        if dt not in self._open:
            if len(self._open) >= OPEN_AT_MOST:
                self._close_part(next(iter(self._open)))
            self._open[dt] = self.lake.open_part(self._next_path(dt), self.stream.schema)
        self._open.move_to_end(dt)
        return self._open[dt]

    def _next_path(self, dt: date) -> str:
        number = len(self._paths[dt])
        path = self.lake.part_path(self.platform, self.stream.name, dt, self.batch_id, number)
        self._paths[dt].append(path)
        return path

    def _close_part(self, dt: date) -> None:
        if dt in self._open:
            self._open.pop(dt).close()

    def _drop_repeated(self, dt: date) -> None:
        """Write the day anew without keys that an earlier row group already has."""
        written = list(self._paths[dt])
        dropped = self._repeated(written)
        if not dropped:
            return
        target = self._next_path(dt)
        start = 0
        with self.lake.open_part(target, self.stream.schema) as writer:
            for table in self._groups_of(written):
                kept = [n for n in range(table.num_rows) if start + n not in dropped]
                start += table.num_rows
                writer.write_table(table.take(pa.array(kept, pa.int64())))
        for account_key in dropped.values():
            self.rows[(account_key, dt)] -= 1
        self.duplicates += len(dropped)
        self._paths[dt] = [target]
        for path in written:
            self.lake.delete(path)

    def _repeated(self, paths: list[str]) -> dict[int, str]:
        """Map the position of each row to leave out to its account. Only keys are in memory."""
        names = [*self._key, "_source_version"]
        keys = pa.concat_tables([self._read(path, names) for path in paths])
        keys = keys.append_column("position", pa.array(range(keys.num_rows), pa.int64()))
        groups = keys.group_by(list(self._key)).aggregate([("position", "count")])
        if groups.num_rows == keys.num_rows:
            return {}
        often = groups.filter(pa.compute.greater(groups["position_count"], 1))
        best: dict[tuple[Any, ...], dict[str, Any]] = {}
        dropped: dict[int, str] = {}
        again = keys.join(often.select(list(self._key)), list(self._key), join_type="left semi")
        for row in sorted(again.to_pylist(), key=lambda r: (r["_source_version"], r["position"])):
            key = tuple(row[name] for name in self._key)
            if key in best:
                dropped[best[key]["position"]] = row["account_key"]
            best[key] = row
        return dropped

    def _read(self, path: str, names: list[str]) -> pa.Table:
        with self.lake.filesystem.open_input_file(f"{self.lake.root}/{path}") as source:
            return pq.read_table(source, columns=names)

    def _groups_of(self, paths: list[str]) -> Iterator[pa.Table]:
        for path in paths:
            with self.lake.filesystem.open_input_file(f"{self.lake.root}/{path}") as source:
                part = pq.ParquetFile(source)
                for number in range(part.num_row_groups):
                    yield part.read_row_group(number)
