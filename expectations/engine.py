"""Great Expectations on DuckDB, in SQL, and on Spark.

Through the stock SQL datasource every expectation fails: the connection goes back to the pool
before the result is fetched, and duckdb-engine then drops the result. One is kept open instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import sqlalchemy

from expectations.library import (
    ExecutionEngine,
    SqlAlchemyExecutionEngine,
    SQLDatasource,
    TableMetricProvider,
    metric_value,
)

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


class DuckDBColumnTypes(TableMetricProvider):  # type: ignore[misc]
    """The columns of a table, asked once: the stock metric reflects keys and comments too.

    That took a third of all the time that the checks of a release take.
    """

    metric_name = "table.column_types"
    value_keys = ("include_nested",)
    default_kwarg_values: ClassVar = {"include_nested": True}

    @metric_value(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(
        cls,  # noqa: N805 - a metric is called on its class
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_unused: Any,
    ) -> list[dict[str, Any]]:
        table, *_ = execution_engine.get_compute_domain(metric_domain_kwargs, "table")
        with execution_engine.get_connection() as connection:
            names = list(connection.execute(sqlalchemy.select(table).limit(0)).keys())
        return [{"name": name, "type": None} for name in names]


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """A datasource whose tables are tables and views of a DuckDB file, opened read-only."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> EngineClass:
        """Return the engine that keeps its connection."""
        return DuckDBExecutionEngine


class DuckDBTables:
    """The tables of the schema main of a DuckDB file: GX loses other schemas on its way."""

    def __init__(self, context: Any, database: Path) -> None:
        self._source = context._add_fluent_datasource(
            datasource=DuckDBDatasource(
                name="gate",
                connection_string=f"duckdb:///{database}",
                create_temp_table=False,
                kwargs={"connect_args": {"read_only": True}},
            )
        )

    def batch(self, table: str) -> Any:
        """Return a whole table as GX's batch."""
        asset = self._source.add_table_asset(table, table_name=table)
        return asset.add_batch_definition_whole_table("all").get_batch()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._source.get_execution_engine().get_connection() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query).fetchall()]

    def close(self) -> None:
        """Let go of the file."""
        self._source.get_execution_engine().close()
        # the datasource has an engine of its own; DuckDB shares an open file within a process
        self._source.get_engine().dispose()


class SparkTables:
    """The tables and views of a Spark session."""

    def __init__(self, context: Any, session: Any) -> None:
        self._session = session
        self._source = context.data_sources.add_spark("gate", persist=False)

    def batch(self, table: str) -> Any:
        """Return a whole table as GX's batch."""
        asset = self._source.add_dataframe_asset(table)
        whole = asset.add_batch_definition_whole_dataframe("all")
        return whole.get_batch({"dataframe": self._session.table(table)})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return [tuple(row) for row in self._session.sql(query).collect()]

    def close(self) -> None:
        """Leave the session to whoever started it."""
