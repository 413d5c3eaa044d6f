"""The raw gate: every batch without a verdict, judged slice by slice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from expectations.blame import Blame, SliceId, by_slice, offending_rows, read_blame
from expectations.report import Failure, GateReport
from expectations.slice_history import slice_history
from expectations.slices import USUAL_DAYS
from expectations.suites import QUERY, Check, Suite, load_suites
from expectations.validate import Result, Validator
from extractors.core.lake import (
    Lake,
    Manifest,
    SliceVerdict,
    WinningSlice,
    current_rows_sql,
    current_slices,
)
from extractors.core.model import JUDGED, Platform, Stream

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
    """Make a DuckDB file that holds, per stream, what its suite speaks of (see slices.py)."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        for entry in waiting:
            _views(connection, lake, entry)


def _views(connection: duckdb.DuckDBPyConnection, lake: Lake, entry: Waiting) -> None:
    stream, table = entry.stream, entry.table
    current = lake.current(stream, entry.platform.name, _days_known(entry))
    _store(connection, f"{table}__empty", stream.schema.empty_table())
    _store(connection, f"{table}__slices", slice_history(entry.manifests, current))
    _store(connection, f"{table}__winners", _winners(entry, current))
    judged = [path for m in entry.manifests for path in m.files]
    standing = [path for winner in current for path in winner.files]
    connection.execute(f'create view "{table}" as {_judged_sql(lake, entry, judged)}')
    files = [lake.address(path) for path in sorted({*judged, *standing})]
    recent = current_rows_sql(stream, files, f'"{table}__winners"') if files else None
    connection.execute(f'create view "{table}__recent" as {recent or _nothing(table)}')


def _days_known(entry: Waiting) -> set[date] | None:
    """Return the days that checks look at: those judged, and before each as many as are usual.

    None is every day: where rows are versions, a newer one may be filed under any of them.
    """
    if entry.stream.merge == "upsert_version":
        return None
    judged = {record.dt for manifest in entry.manifests for record in manifest.slices}
    return {dt - timedelta(days=n) for dt in judged for n in range(USUAL_DAYS + 1)}


def _winners(entry: Waiting, current: Sequence[WinningSlice]) -> pa.Table:
    """Return the newest slice per account and day, as if what is judged had passed."""
    pending = [
        WinningSlice(m.key(s), m.batch_id, s.status, s.rows, m.captured_at, m.committed(s))
        for m in entry.manifests
        for s in m.slices
        if s.status in JUDGED
    ]
    newest = sorted([*current, *pending], key=lambda w: (w.committed_at, w.batch_id))
    return pa.Table.from_pylist(
        [
            {
                "account_key": winner.key.account_key,
                "dt": winner.key.dt,
                "batch_id": winner.batch_id,
                "committed_at": winner.committed_at,
            }
            for winner in current_slices(newest, entry.stream)
        ],
        schema=WINNERS,
    )


def _judged_sql(lake: Lake, entry: Waiting, files: Sequence[str]) -> str:
    if not files:
        return _nothing(entry.table)
    columns = ", ".join(f'r."{name}"' for name in entry.stream.schema.names)
    listed = ", ".join("'" + lake.address(path).replace("'", "''") + "'" for path in files)
    return (
        f"select {columns} from read_parquet([{listed}], union_by_name = true, "
        f'hive_partitioning = false) as r semi join "{entry.table}__slices" as s '
        "using (_batch_id, account_key, dt)"
    )


def _nothing(table: str) -> str:
    return f'select * from "{table}__empty"'


def _store(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("given_rows", rows)
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
            suite = bound(suites[entry.table], entry.table)
            queries = {check.rule: offending_rows(check, entry.table) for check in suite.checks}
            results = validator.run(suite, entry.table)
            report.results += results
            broken = [
                Broken(r, read_blame(validator.rows(by_slice(queries[r.check.rule]))))
                for r in results
                if not r.success
            ]
            for manifest in entry.manifests:
                verdicts[manifest.batch_id] += _verdicts(manifest, broken, report)
    finally:
        validator.close()
    return verdicts


@dataclass(frozen=True)
class Broken:
    """A check that failed, and whose fault it is."""

    result: Result
    blame: Mapping[SliceId, Blame]

    def concerns(self, slice_id: SliceId) -> bool:
        """Tell whether a slice is at fault; where nobody is to be found, all are."""
        return slice_id in self.blame or not self.blame


def bound(suite: Suite, table: str) -> Suite:
    """Put the names of the stream's own tables where a query asks for {recent} or {slices}."""
    return replace(suite, checks=tuple(_named(check, table) for check in suite.checks))


def _named(check: Check, table: str) -> Check:
    if check.query is None:
        return check
    query = check.query
    for name in ("recent", "slices"):
        query = query.replace(f"{{{name}}}", f'"{table}__{name}"')
    return replace(check, type=QUERY, kwargs={**check.kwargs, "unexpected_rows_query": query})


def _verdicts(
    manifest: Manifest, broken: Sequence[Broken], report: GateReport
) -> list[SliceVerdict]:
    found = []
    for record in manifest.slices:
        if record.status not in JUDGED:
            continue
        slice_id = (manifest.batch_id, record.account_key, record.dt)
        where = f"{record.account_key} {record.dt}"
        failures = [_failure(b, slice_id, where) for b in broken if b.concerns(slice_id)]
        if record.status == "suspect":
            failures.append(_suspect(manifest, where, record.error or ""))
        report.failures += failures
        grave = tuple(f.rule for f in failures if f.severity == "critical")
        report.slices_checked += 1
        report.slices_refused += bool(grave)
        found.append(SliceVerdict(record.account_key, record.dt, not grave, grave))
    return found


def _failure(broken: Broken, slice_id: SliceId, where: str) -> Failure:
    check = broken.result.check
    own = broken.blame.get(slice_id, Blame(broken.result.unexpected, broken.result.observed))
    return Failure(
        broken.result.suite,
        check.rule,
        check.severity,
        check.column,
        own.sample,
        own.rows,
        where,
        check.description,
    )


def _suspect(manifest: Manifest, where: str, why: str) -> Failure:
    suite = f"{manifest.platform}__{manifest.stream}"
    return Failure(suite, "suspect", "critical", None, why, 0, where, "重读变少 / a re-read shrank")
