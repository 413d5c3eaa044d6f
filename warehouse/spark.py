"""The same dbt project on Spark: its inputs from the lake, and its tables for the release.

Streams are read where they lie; the small tables of configuration and ledgers are handed over.
Spark's tables are changed in place, so a note beside them says which release they hold,
and how they are defined: without it, or with another one than the base of this build, everything
is built anew.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from extractors.core.lake import Lake, current_rows_of
from tidemark.settings import Settings
from tidemark.spark import spark_dir, spark_session
from warehouse.candidate import current_files, winners_of, with_one_key_a_person, write_table
from warehouse.errors import BuildError
from warehouse.release_file import SCHEMAS
from warehouse.site import Site
from warehouse.transform import SPARK, models_of, run_dbt

#: of a table's definition
BY_DAY = "PARTITIONED BY"
INPUTS = ("config", "ledger", "lake")

#: of a table's columns; Spark has no name of its own for the rest
TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}


def run_dbt_on_spark(
    site: Site,
    project_dir: Path,
    build_dir: Path,
    database: Path,
    variables: Mapping[str, Any],
    *,
    full_refresh: bool,
) -> Path:
    """Build and test every model on Spark, copy the published ones into the build database."""
    session = spark_session(site.settings)
    note = _note(site.settings)
    held = json.loads(note.read_text()) if note.exists() else {"release": None, "tables": {}}
    base = None if full_refresh else _base_release(database)
    is_of_base = base is not None and base == held["release"]
    note.unlink(missing_ok=True)
    _continue(session, site.settings, held["tables"] if is_of_base else {})
    write_spark_inputs(session, site, database)
    artifacts = run_dbt(
        project_dir,
        build_dir,
        database,
        variables,
        full_refresh=not is_of_base,
        target=SPARK,
    )
    _copy_back(session, database, artifacts)
    tables = {name: session.sql(f"show create table {name}").first()[0] for name in _built(session)}
    note.write_text(json.dumps({"release": variables["release_id"], "tables": tables}))
    return artifacts


def attach_tables(settings: Settings, release_id: str) -> None:
    """Let the catalog know the tables of a build, perhaps of another process, to be read."""
    session = spark_session(settings)
    note = _note(settings)
    held = json.loads(note.read_text()) if note.exists() else {}
    if held.get("release") != release_id:
        found = held.get("release", "an unfinished build")
        raise BuildError(
            f"Spark's tables hold {found}, not {release_id}; run tidemark build {release_id}"
        )
    for name, ddl in held["tables"].items():
        _attach(session, settings, name, ddl)


def _continue(session: Any, settings: Settings, tables: Mapping[str, str]) -> None:
    """Take up what an earlier process left partitioned by day; make way for the rest."""
    for place in sorted((spark_dir(settings) / "tables").glob("*.db/*")):
        name = f"{place.parent.stem}.{place.name}"
        if session.catalog.tableExists(name):
            continue
        if BY_DAY in tables.get(name, ""):
            _attach(session, settings, name, tables[name])
        else:
            shutil.rmtree(place)


def _attach(session: Any, settings: Settings, name: str, ddl: str) -> None:
    """Put a table back into a catalog that keeps nothing of its own."""
    schema, table = name.split(".")
    if session.catalog.tableExists(name):
        return
    session.sql(f"create schema if not exists {schema}")
    session.sql(f"{ddl} location '{spark_dir(settings) / 'tables' / f'{schema}.db' / table}'")
    if BY_DAY in ddl:
        session.sql(f"alter table {name} recover partitions")


def _built(session: Any) -> Iterator[str]:
    """Yield the tables, not the views, of all schemas that dbt fills."""
    for schema in (*SCHEMAS, "intermediate"):
        for table in session.catalog.listTables(schema):
            if table.tableType in ("MANAGED", "EXTERNAL"):
                yield f"{schema}.{table.name}"


def _note(settings: Settings) -> Path:
    return spark_dir(settings) / "holds.json"


def write_spark_inputs(session: Any, site: Site, database: Path) -> None:
    """Put everything that dbt reads into Spark's catalog: schemas lake, config and ledger."""
    for schema in (*INPUTS, "files"):
        session.sql(f"create schema if not exists {schema}")
    with duckdb.connect(str(database), read_only=True) as connection:
        for name in _tables(connection, INPUTS):
            rows = connection.execute(f"select * from {name}").to_arrow_table()
            session.createDataFrame(rows).write.mode("overwrite").saveAsTable(name)
        streams = list(current_files(site, connection))
    for found in streams:
        stream, name = found.stream, f"{found.platform.name}__{found.stream.name}"
        _replace_files(session, f"files.{name}", stream.schema, _any_of(site.lake, found.paths))
        query = current_rows_of(stream, f"files.{name}", winners_of(found.platform, stream))
        query = with_one_key_a_person(stream, query)
        session.sql(f"create or replace view {found.view} as {query}")


def _replace_files(session: Any, name: str, schema: pa.Schema, path: str) -> None:
    columns = ", ".join(f"`{field.name}` {_spark_type(field.type)}" for field in schema)
    session.sql(f"drop table if exists {name}")
    session.sql(f"create table {name} ({columns}) using parquet options (path '{path}')")


def _spark_type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if pa.types.is_list(kind):
        return f"array<{_spark_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'`{f.name}`: {_spark_type(f.type)}' for f in kind)}>"
    return TYPES[kind]


def _any_of(lake: Lake, paths: Sequence[str]) -> str:
    """Return one address for several files of the lake, as Hadoop understands it."""
    return f"{lake.url}/{{{','.join(paths)}}}".replace("s3://", "s3a://", 1)


def _copy_back(session: Any, database: Path, artifacts: Path) -> None:
    """Copy what is published, and the small tables from which releases freeze what they said."""
    with duckdb.connect(str(database)) as connection:
        for schema, table, columns in _wanted(artifacts):
            connection.execute(f"create schema if not exists {schema}")
            # in the order of the contract: Spark moves the day of a table to its end
            rows = session.table(f"{schema}.{table}").select(*[f"`{c}`" for c in columns] or "*")
            write_table(connection, f'{schema}."{table}"', rows.toArrow())


def _wanted(artifacts: Path) -> Iterator[tuple[str, str, list[str]]]:
    for node in models_of(artifacts):
        is_frozen = node["schema"] == "intermediate" and node["config"]["materialized"] == "table"
        if node["schema"] in SCHEMAS or is_frozen:
            columns = list(node["columns"]) if node["config"]["contract"]["enforced"] else []
            yield node["schema"], node["alias"], columns


def _base_release(database: Path) -> str | None:
    """Return which release the copied build database was, if it is a copy."""
    with duckdb.connect(str(database), read_only=True) as connection:
        if "state.build" not in _tables(connection, ("state",)):
            return None
        found = connection.execute("select release_id from state.build").fetchone()
    return str(found[0]) if found else None


def _tables(connection: duckdb.DuckDBPyConnection, schemas: Sequence[str]) -> list[str]:
    found = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name in (select unnest(?)) order by all",
        [list(schemas)],
    )
    return [str(row[0]) for row in found.fetchall()]
