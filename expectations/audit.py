"""The marts gate: every published table against its suite, on the engine that built them."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from expectations.suites import SuiteError, load_suites
from expectations.validate import Result, Validator

SCHEMAS = ("marts", "kpi", "ops")

#: of a table the column of its days and the first day to look at
Since = Mapping[str, Mapping[str, str]]


def run_suites(database: Path, since: Since) -> Iterator[Result]:
    """Yield the results of all marts suites on a build database."""
    with duckdb.connect(str(database)) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('marts', 'kpi', 'ops')"
        ).fetchall()
        for schema, table in tables:
            # the schema main is where GX looks
            view = f'main."{gate_name(schema, table)}"'
            rows = f'select * from {schema}."{table}" where {_judged(since, schema, table)}'
            connection.execute(f"create or replace view {view} as {rows}")
    yield from _run(Validator(database), {gate_name(*table) for table in tables})


def run_suites_on_spark(session: Any, since: Since) -> Iterator[Result]:
    """Yield the results of all marts suites on the tables in a Spark session's catalog."""
    tables = [
        (schema, table.name)
        for schema in SCHEMAS
        for table in session.catalog.listTables(schema)
        if not table.isTemporary
    ]
    for schema, table in tables:
        rows = session.table(f"{schema}.{table}").where(_judged(since, schema, table))
        rows.createOrReplaceTempView(gate_name(schema, table))
    try:
        yield from _run(Validator(session), {gate_name(*table) for table in tables})
    finally:
        for table in tables:
            session.catalog.dropTempView(gate_name(*table))


def gate_name(schema: str, table: str) -> str:
    """Return the name by which a suite's queries know a published table."""
    return f"{schema}__{table}"


def _judged(since: Since, schema: str, table: str) -> str:
    """Return the condition for the rows to look at: of a table that is built by days the newest.

    With the day before them, because a check may say what a day is beside the one before it.
    """
    first = since.get(f"{schema}.{table}")
    if first is None:
        return "true"
    return f"{first['column']} >= date '{date.fromisoformat(first['day']) - timedelta(days=1)}'"


def _run(validator: Validator, there: set[str]) -> Iterator[Result]:
    """Run every suite; one whose table is missing is an error."""
    try:
        for name, suite in load_suites("marts").items():
            table = gate_name(*name.split("."))
            if table not in there:
                raise SuiteError(f"marts/{name}.json: the build has no table {name}")
            yield from validator.run(suite, table)
    finally:
        validator.close()
