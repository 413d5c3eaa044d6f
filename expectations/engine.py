"""Great Expectations on DuckDB, in SQL.

Through the stock SQL datasource every expectation fails: the connection goes back to the pool
before the result is fetched, and duckdb-engine then drops the result. One is kept open instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine

# inside the datasource the name `type` is a field
EngineClass = type[ExecutionEngine]


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """Runs every metric on one connection that stays open as long as the engine."""

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        """Yield the one connection."""
        if not hasattr(self, "_kept"):
            self._kept = self.engine.connect()
        yield self._kept

    def close(self) -> None:
        """Close the connection and the pool."""
        if hasattr(self, "_kept"):
            self._kept.close()
        self.engine.dispose()


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """A datasource whose tables are tables and views of a DuckDB file, opened read-only."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> EngineClass:
        """Return the engine that keeps its connection."""
        return DuckDBExecutionEngine


def datasource(name: str, database: str) -> Any:
    """Return a datasource for a DuckDB file, opened read-only.

    Tables are looked up in the schema main: GX loses the schema of a DuckDB table on its way.
    """
    return DuckDBDatasource(
        name=name,
        connection_string=f"duckdb:///{database}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},
    )
