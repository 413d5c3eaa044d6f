"""What a release file holds: its tables, columns of the contract's types, and checksums of rows."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.errors import PublishError
from warehouse.release_file import SCHEMAS

if TYPE_CHECKING:
    import duckdb

#: type of the release file: its name in the contract
TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double",
    "DECIMAL(18,2)": "decimal(18,2)",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "BOOLEAN": "boolean",
}
WHOLE, UNDATED = "all", "undated"

_COLUMNS = """
select schema_name || '.' || table_name, column_name, data_type, coalesce(comment, '')
from duckdb_columns()
where database_name = current_database() and schema_name in {schemas}
order by 1, column_index
"""

_TABLES = """
select schema_name || '.' || table_name, coalesce(comment, '')
from duckdb_tables()
where database_name = current_database() and schema_name in {schemas}
order by 1
"""


@dataclass(frozen=True)
class Column:
    """A column of a published table; type is DuckDB's."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Outline:
    """A published table without its rows; the name is that with its schema."""

    name: str
    description: str
    columns: tuple[Column, ...]


def read_outlines(release: "duckdb.DuckDBPyConnection") -> list[Outline]:
    """Return every published table of a release; PublishError names a type of no contract."""
    columns: dict[str, list[Column]] = {}
    for name, *column in release.execute(_COLUMNS.format(schemas=SCHEMAS)).fetchall():
        columns.setdefault(name, []).append(_checked(name, Column(*column)))
    described = release.execute(_TABLES.format(schemas=SCHEMAS)).fetchall()
    return [Outline(name, text, tuple(columns[name])) for name, text in described]


def sum_up(
    release: "duckdb.DuckDBPyConnection", table: Outline, by: str
) -> list[tuple[Any, int, int]]:
    """Return each value of an expression with its rows and their checksum, whatever their order."""
    found: list[tuple[Any, int, int]] = release.execute(
        f"select {by} as part, count(*), sum({hash_of(table.columns)}) from {quoted(table.name)} "
        "group by part order by part"
    ).fetchall()
    return found


def digest(columns: Sequence[Column], *said: Any) -> str:
    """Return what names rows of these columns of which so much is said."""
    text = json.dumps([[[c.name, c.type] for c in columns], *map(str, said)])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def hash_of(columns: Sequence[Column]) -> str:
    """Return the SQL of a row's hash."""
    return f"hash({listed(columns)})"


def listed(columns: Sequence[Column]) -> str:
    """Return the SQL of all columns."""
    return ", ".join(f'"{column.name}"' for column in columns)


def quoted(name: str) -> str:
    """Return the SQL of a table's name."""
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'


def _checked(table: str, column: Column) -> Column:
    if column.type not in TYPES:
        raise PublishError(
            f"{table}.{column.name}: {column.type} is no type of the contract "
            f"({', '.join(TYPES.values())}); cast it in its model"
        )
    return column
