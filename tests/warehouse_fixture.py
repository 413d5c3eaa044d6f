"""A small build database: lake views, configuration and ledgers from plain rows, and dbt on it."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from expectations.audit import gate_name
from expectations.suites import load_suites
from expectations.validate import Validator
from extractors.core.lake import open_lake
from extractors.core.model import Stream
from extractors.core.registry import every_stream
from tests.parsed import DBT_PROJECT, parsed_project, variables
from tidemark.settings import load_settings
from warehouse.config_tables import config_tables
from warehouse.ledger_tables import COLUMNS as LEDGERS
from warehouse.source_day import SOURCE_DAY

MOMENT = pa.timestamp("us", tz="UTC")
COMMITTED_AT = datetime(2026, 4, 16, 4, tzinfo=UTC)
BAD_STATUSES = frozenset({"error", "fail", "runtime error"})


def make_build_db(
    path: Path,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    source_days: Iterable[Mapping[str, Any]] = (),
    config: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ledgers: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Path:
    """Write schemas lake, config and ledger; rows by `<platform>__<stream>`, config by table.

    A table that is not named is as the project's own config/ says, or empty. Calling it again on
    the same file replaces what dbt reads and keeps what dbt built.
    """
    with duckdb.connect(str(path)) as db:
        for schema in ("lake", "config", "ledger"):
            db.execute(f"create schema if not exists {schema}")
        for name, table in _lake_tables(rows):
            _write(db, f"lake.{name}", table)
        _write(db, "lake.source_day", pa.Table.from_pylist(list(source_days), SOURCE_DAY))
        for name, table in _config_tables(path.parent, config or {}):
            _write(db, f"config.{name}", table)
        for name, columns in LEDGERS.items():
            entries = (ledgers or {}).get(name, [])
            schema = pa.schema(list(columns.items()))
            _write(db, f"ledger.{name}", pa.Table.from_pylist(list(entries), schema))
    return path


def days(first: date | str, last: date | str) -> list[date]:
    """Return every day of a closed range."""
    since, until = date.fromisoformat(str(first)), date.fromisoformat(str(last))
    return [since + timedelta(n) for n in range((until - since).days + 1)]


def source_days(
    stream: str, account_key: str, read: Iterable[date], status: str = "ok"
) -> list[dict[str, Any]]:
    """Return what the ledger of slices says of `<platform>/<stream>` on some days."""
    platform, _, name = stream.partition("/")
    outcome = {"platform": platform, "stream": name, "account_key": account_key, "status": status}
    flags = {"rows": 1, "is_required": False, "is_late": False}
    return [{**outcome, **flags, "stat_date": day} for day in read]


def all_read(streams: Mapping[str, Iterable[str]], read: Sequence[date]) -> list[dict[str, Any]]:
    """Return that every stream of every account was read on some days; streams by account."""
    return [
        row
        for account_key, names in streams.items()
        for name in names
        for row in source_days(name, account_key, read)
    ]


def run_dbt(
    path: Path,
    *arguments: str,
    as_of: date | str,
    first: date | str = "2026-03-01",
    changed: Mapping[str, Sequence[str] | None] | None = None,
) -> Any:
    """Run one dbt command in this process on a build database; raise what went wrong."""
    from dbt.cli.main import dbtRunner

    os.environ["TIDEMARK_BUILD_DB"] = str(path)
    settings = {"as_of_date": str(as_of), "first_date": str(first), "release_id": "r1"}
    folders = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    target = ["--target-path", str(path.parent / "target"), "--log-path", str(path.parent)]
    derived = {"changed_dates": changed or {}, **variables()}
    told = ["--vars", json.dumps({**settings, **derived})]
    runner = dbtRunner(manifest=parsed_project(path.stem))
    result = runner.invoke([*arguments, *folders, *target, *told, "--quiet"])
    if result.exception:
        raise result.exception
    failed = [f"{r.node.name}: {r.message}" for r in result.result if r.status in BAD_STATUSES]
    assert not failed, "\n".join(failed)
    return result.result


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of one query."""
    with duckdb.connect(str(path)) as db:  # dbt keeps its own open in this process
        return db.execute(sql).fetchall()


def broken_rules(path: Path, *tables: str) -> set[tuple[str, str]]:
    """Return by table the rules of the marts gate that tables of the schema marts break."""
    with duckdb.connect(str(path)) as db:
        db.execute("checkpoint")
    judged = path.with_name("judged.duckdb")
    shutil.copy(path, judged)  # dbt keeps its own open in this process, the gate opens to read
    with duckdb.connect(str(judged)) as db:
        for (name,) in db.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall():
            view = f'main."{gate_name("marts", name)}"'
            db.execute(f'create view {view} as select * from marts."{name}"')
    suites, validator = load_suites("marts"), Validator(judged)
    try:
        return {
            (table, result.check.rule)
            for table in tables
            for result in validator.run(suites[f"marts.{table}"], gate_name("marts", table))
            if not result.success
        }
    finally:
        validator.close()
        judged.unlink()


def stream_schema(stream: Stream) -> pa.Schema:
    """Return the columns of a stream's view, all of them nullable as fixtures are sparse."""
    extra = [pa.field("_committed_at", MOMENT)]
    if stream.is_complete_listing:
        extra.append(pa.field("_is_listed", pa.bool_()))
    return pa.schema([field.with_nullable(True) for field in stream.schema] + extra)


def _lake_tables(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Iterator[tuple[str, pa.Table]]:
    schemas = {f"{p.name}__{s.name}": stream_schema(s) for p, s in every_stream()}
    unknown = set(rows) - set(schemas)
    assert not unknown, f"no stream declares {sorted(unknown)}"
    for name, schema in schemas.items():
        load = {"_batch_id": "b1", "_committed_at": COMMITTED_AT, "_captured_at": COMMITTED_AT}
        filled = [{**load, "_is_listed": True, **row} for row in rows.get(name, [])]
        strangers = {column for row in rows.get(name, []) for column in row} - set(schema.names)
        assert not strangers, f"{name} has no column {sorted(strangers)}"
        yield name, pa.Table.from_pylist(filled, schema)


def _config_tables(
    folder: Path, given: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[tuple[str, pa.Table]]:
    settings = load_settings({"TIDEMARK_HOME": str(folder)})
    for name, table in config_tables(settings, open_lake(settings.lake_url)).items():
        entries = given.get(name)
        yield name, table if entries is None else pa.Table.from_pylist(list(entries), table.schema)


def _write(db: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    db.register("incoming", table)
    db.execute(f"create or replace table {name} as select * from incoming")
    db.unregister("incoming")
