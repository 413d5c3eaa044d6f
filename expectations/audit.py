"""The marts gate: every published table of a build database against its suite."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from expectations.suites import SuiteError, load_suites
from expectations.validate import Result, Validator

SCHEMAS = ("marts", "kpi", "ops")


def expose(database: Path) -> None:
    """Give every published table a view in the schema main, which is where GX looks."""
    with duckdb.connect(str(database)) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('marts', 'kpi', 'ops')"
        ).fetchall()
        for schema, table in tables:
            view, source = f'main."{schema}.{table}"', f'{schema}."{table}"'
            connection.execute(f"create or replace view {view} as select * from {source}")


def run_suites(database: Path) -> Iterator[Result]:
    """Yield the results of all marts suites; a suite whose table is missing is an error."""
    suites = load_suites("marts")
    with duckdb.connect(str(database), read_only=True) as connection:
        there = {
            f"{schema}.{table}"
            for schema, table in connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        }
    validator = Validator(database)
    try:
        for name, suite in suites.items():
            if name not in there:
                raise SuiteError(f"marts/{name}.json: the build has no table {name}")
            yield from validator.run(suite, name)
    finally:
        validator.close()
