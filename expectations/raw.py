"""The raw gate: every batch without a verdict, judged slice by slice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from expectations.blame import Blame, SliceId, by_slice, offending_rows, read_blame
from expectations.report import Failure, GateReport
from expectations.slice_history import slice_history
from expectations.slices import USUAL_DAYS
from expectations.suites import QUERY, Check, Suite, load_suites
from expectations.validate import Result, Validator
from extractors.core.lake import (
    Lake,
    Landed,
    Manifest,
    SliceVerdict,
    current_rows_sql,
    current_slices,
)
from extractors.core.landed import sql_list
from extractors.core.model import JUDGED, Platform, Stream

StreamName = tuple[str, str]


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


def prepare(database: Path, landed: Landed, waiting: Sequence[Waiting]) -> None:
    """Make a DuckDB file that holds, per stream, what its suite speaks of (see slices.py)."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        for entry in waiting:
            _views(connection, landed, entry)


def _views(connection: duckdb.DuckDBPyConnection, landed: Landed, entry: Waiting) -> None:
    lake, stream, table, days = landed.lake, entry.stream, entry.table, _usual_days(entry)
    of_stream = (entry.platform.name, stream.name)
    current = current_slices(landed.admitted(*of_stream, days), stream)
    _store(connection, f"{table}__empty", stream.schema.empty_table())
    _store(connection, f"{table}__slices", slice_history(entry.manifests, current))
    # where rows are versions, a newer one may be filed under any day
    within = None if stream.merge == "upsert_version" else days
    winners = landed.winners(entry.platform.name, stream, entry.manifests, within)
    _store(connection, f"{table}__winners", winners.drop_columns(["files"]))
    # the days of a month that is over share one file
    judged = sorted({path for m in entry.manifests for path in m.files})
    connection.execute(f'create view "{table}" as {_judged_sql(lake, entry, judged)}')
    standing = pc.unique(pc.list_flatten(winners["files"])).to_pylist()
    files = [lake.address(path) for path in sorted({*judged, *standing})]
    recent = current_rows_sql(stream, files, f'"{table}__winners"') if files else None
    connection.execute(f'create view "{table}__recent" as {recent or _nothing(table)}')


def _usual_days(entry: Waiting) -> set[date]:
    """Return the days that are judged, and before each as many as say what is usual."""
    judged = {record.dt for manifest in entry.manifests for record in manifest.slices}
    return {dt - timedelta(days=n) for dt in judged for n in range(USUAL_DAYS + 1)}


def _judged_sql(lake: Lake, entry: Waiting, files: Sequence[str]) -> str:
    if not files:
        return _nothing(entry.table)
    columns = ", ".join(f'r."{name}"' for name in entry.stream.schema.names)
    listed = sql_list(lake.address(path) for path in files)
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
