"""The raw gate: every batch without a verdict, judged slice by slice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from expectations.report import Failure, GateReport
from expectations.suites import Suite, load_suites
from expectations.validate import Result, SliceId, Validator
from extractors.core.lake import Lake, Manifest, SliceVerdict, current_rows_sql
from extractors.core.model import Platform, Stream

PENDING = "pending"
StreamName = tuple[str, str]

WINNERS = pa.schema(
    [
        ("account_key", pa.string()),
        ("dt", pa.date32()),
        ("batch_id", pa.string()),
        ("committed_at", pa.string()),
    ]
)


@dataclass(frozen=True)
class Waiting:
    """The manifests of one stream that the gate has not spoken on."""

    platform: Platform
    stream: Stream
    manifests: tuple[Manifest, ...]

    @property
    def table(self) -> str:
        """The name of the view with their rows, which is also the suite's name."""
        return f"{self.platform.name}__{self.stream.name}"


def waiting_streams(
    manifests: Iterable[Manifest], platforms: Mapping[str, Platform]
) -> list[Waiting]:
    """Group manifests by stream."""
    grouped: dict[StreamName, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        grouped[(manifest.platform, manifest.stream)].append(manifest)
    return [
        Waiting(platforms[platform], platforms[platform].stream(stream), tuple(found))
        for (platform, stream), found in sorted(grouped.items())
    ]


def prepare(database: Path, lake: Lake, waiting: Sequence[Waiting]) -> None:
    """Make a DuckDB file with two views per stream: the rows to judge, and the current ones."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        for entry in waiting:
            _views(connection, lake, entry)


def _views(connection: duckdb.DuckDBPyConnection, lake: Lake, entry: Waiting) -> None:
    stream, table = entry.stream, entry.table
    empty = stream.schema.empty_table()
    connection.register("empty_rows", empty)
    connection.execute(f'create table "{table}__empty" as select * from empty_rows')
    connection.unregister("empty_rows")
    pending = [
        {"account_key": s.account_key, "dt": s.dt, "batch_id": m.batch_id, "committed_at": None}
        for m in entry.manifests
        for s in m.slices
        if s.status in {"ok", "suspect"}
    ]
    current = [
        {
            "account_key": w.key.account_key,
            "dt": w.key.dt,
            "batch_id": w.batch_id,
            "committed_at": w.committed_at,
        }
        for w in lake.current(stream, entry.platform.name)
    ]
    _store(connection, f"{table}__pending", pending)
    _store(connection, f"{table}__winners", current)
    files = [lake.address(path) for m in entry.manifests for path in m.files]
    rows = _rows_of(stream, files, f"{table}__pending")
    connection.execute(f'create view "{table}" as {rows or _nothing(table)}')
    standing = [
        lake.address(path)
        for path in sorted({p for w in lake.current(stream, entry.platform.name) for p in w.files})
    ]
    recent = current_rows_sql(stream, standing, f'"{table}__winners"') if standing else None
    connection.execute(f'create view "{table}__recent" as {recent or _nothing(table)}')


def _rows_of(stream: Stream, files: Sequence[str], pending: str) -> str | None:
    if not files:
        return None
    columns = ", ".join(f'r."{name}"' for name in stream.schema.names)
    listed = ", ".join("'" + address.replace("'", "''") + "'" for address in files)
    return (
        f"select {columns} from read_parquet([{listed}], union_by_name = true, "
        f'hive_partitioning = false) r join "{pending}" p on p.account_key = r.account_key '
        "and p.dt = r.dt and p.batch_id = r._batch_id"
    )


def _nothing(table: str) -> str:
    return f'select * from "{table}__empty"'


def _store(connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, object]]) -> None:
    connection.register("given_rows", pa.Table.from_pylist(rows, schema=WINNERS))
    connection.execute(f'create table "{name}" as select * from given_rows')
    connection.unregister("given_rows")


def judge(
    database: Path, waiting: Sequence[Waiting], report: GateReport
) -> dict[str, list[SliceVerdict]]:
    """Run every stream's suite; return verdicts by batch and note failures in the report."""
    suites = load_suites("raw")
    validator = Validator(database)
    verdicts: dict[str, list[SliceVerdict]] = defaultdict(list)
    try:
        for entry in waiting:
            results = validator.run(
                _bound(suites[entry.table], entry.table), entry.table, by_slice=True
            )
            report.results += results
            for manifest in entry.manifests:
                verdicts[manifest.batch_id] += _verdicts(manifest, results, report)
    finally:
        validator.close()
    return verdicts


def _bound(suite: Suite, table: str) -> Suite:
    """Put the name of the view of current rows where a query asks for {recent}."""
    return replace(
        suite,
        checks=tuple(
            replace(
                check,
                kwargs={
                    key: value.replace("{recent}", f'"{table}__recent"')
                    if key == "unexpected_rows_query"
                    else value
                    for key, value in check.kwargs.items()
                },
            )
            for check in suite.checks
        ),
    )


def _verdicts(
    manifest: Manifest, results: Sequence[Result], report: GateReport
) -> list[SliceVerdict]:
    found = []
    for record in manifest.slices:
        if record.status not in {"ok", "empty", "suspect"}:
            continue
        slice_id = (record.account_key, record.dt)
        broken = [r for r in results if not r.success and _concerns(r, slice_id, record.rows)]
        where = f"{record.account_key} {record.dt}"
        failures = [_failure(result, where) for result in broken]
        if record.status == "suspect":
            failures.append(_suspect(manifest, where, record.error or ""))
        report.failures += failures
        grave = tuple(f.rule for f in failures if f.severity == "critical")
        report.slices_checked += 1
        report.slices_refused += bool(grave)
        found.append(SliceVerdict(record.account_key, record.dt, not grave, grave))
    return found


def _concerns(result: Result, slice_id: SliceId, rows: int) -> bool:
    """Tell whether a broken check is this slice's fault; unknown blame falls on all with rows."""
    if result.slices is None:
        return rows > 0
    return slice_id in result.slices


def _failure(result: Result, where: str) -> Failure:
    check = result.check
    description = f"{check.description_zh} / {check.description_en}"
    return Failure(
        result.suite,
        check.rule,
        check.severity,
        check.column,
        result.observed,
        result.unexpected,
        where,
        description,
    )


def _suspect(manifest: Manifest, where: str, why: str) -> Failure:
    suite = f"{manifest.platform}__{manifest.stream}"
    return Failure(suite, "suspect", "critical", None, why, 0, where, "重读变少 / a re-read shrank")


def oldest_day(waiting: Sequence[Waiting]) -> date | None:
    """Return the first day that is judged, for the report."""
    days = [m.dt for entry in waiting for m in entry.manifests]
    return min(days) if days else None
