"""A published table as Parquet files: exact types, one file a month where it is large.

A file's name carries a digest of its rows, so a month that did not change is the same file in every
release.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import PublishError
from warehouse.release_file import SCHEMAS

if TYPE_CHECKING:
    import duckdb

#: part of every digest: another way of writing makes other files
FORMAT = 1
#: tables of more rows are one file a month of their day
SPLIT_ROWS = 200_000
WRITTEN = "format parquet, compression zstd, row_group_size 122880"
WHOLE, UNDATED = "all", "undated"

#: type of the release file: its name in the contract, and the type that Parquet readers see
TYPES = {
    "VARCHAR": ("text", pa.string()),
    "BIGINT": ("bigint", pa.int64()),
    "INTEGER": ("integer", pa.int32()),
    "DOUBLE": ("double", pa.float64()),
    "DECIMAL(18,2)": ("decimal(18,2)", pa.decimal128(18, 2)),
    "DATE": ("date", pa.date32()),
    "TIMESTAMP WITH TIME ZONE": ("timestamptz", pa.timestamp("us", tz="UTC")),
    "BOOLEAN": ("boolean", pa.bool_()),
}

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
class Part:
    """The rows of one file: all of a table, or those of a month."""

    label: str
    rows: int
    checksum: int
    path: str  # below the root; given to these rows only


@dataclass(frozen=True)
class Table:
    """A published table and the files that hold it."""

    name: str  # with its schema
    description: str
    columns: tuple[Column, ...]
    split_by: str | None
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(part.rows for part in self.parts)


def read_tables(release: "duckdb.DuckDBPyConnection") -> list[Table]:
    """Return every published table of a release, with the files that it needs."""
    columns: dict[str, list[Column]] = {}
    for name, *column in release.execute(_COLUMNS.format(schemas=SCHEMAS)).fetchall():
        columns.setdefault(name, []).append(_checked(name, Column(*column)))
    described = release.execute(_TABLES.format(schemas=SCHEMAS)).fetchall()
    return [_table(release, name, text, columns[name]) for name, text in described]


def write_part(
    release: "duckdb.DuckDBPyConnection", table: Table, part: Part, target: Path
) -> None:
    """Write one file; PublishError unless it reads back as the same rows of the same types."""
    rows = (
        f"select {_listed(table.columns)} from {_quoted(table.name)} where {_rows_of(table, part)}"
    )
    release.execute(f"copy ({rows}) to '{target}' ({WRITTEN})")
    _verify(release, table, part, target)


def _verify(release: "duckdb.DuckDBPyConnection", table: Table, part: Part, target: Path) -> None:
    said = {column.name: TYPES[column.type][1] for column in table.columns}
    schema = pq.read_schema(target)
    found = dict(zip(schema.names, schema.types, strict=True))
    if found != said:
        differing = sorted(name for name in said | found if said.get(name) != found.get(name))
        raise PublishError(f"{table.name}: {differing[0]} reads back as {found.get(differing[0])}")
    count = release.execute(
        f"select count(*), coalesce(sum({_hash(table.columns)}), 0) from read_parquet('{target}')"
    ).fetchone()
    if count != (part.rows, part.checksum):
        raise PublishError(
            f"{table.name}, {part.label}: {part.rows} rows were written and other ones read back; "
            "look at the disk"
        )


def _checked(table: str, column: Column) -> Column:
    if column.type not in TYPES:
        raise PublishError(
            f"{table}.{column.name}: {column.type} is no type of the contract "
            f"({', '.join(name for name, _ in TYPES.values())}); cast it in its model"
        )
    return column


def _table(
    release: "duckdb.DuckDBPyConnection", name: str, text: str, columns: Sequence[Column]
) -> Table:
    found = release.execute(f"select count(*) from {_quoted(name)}").fetchone()
    days = [column.name for column in columns if column.type == "DATE"]
    split_by = days[0] if found and found[0] > SPLIT_ROWS and days else None
    label = (
        f"""coalesce(strftime("{split_by}", '%Y-%m'), '{UNDATED}')""" if split_by else f"'{WHOLE}'"
    )
    sums = release.execute(
        f"select {label} as label, count(*), sum({_hash(columns)}) from {_quoted(name)} "
        "group by label order by label"
    ).fetchall()
    parts = tuple(_part(name, columns, *row) for row in sums or [(WHOLE, 0, 0)])
    return Table(name, text, tuple(columns), split_by, parts)


def _part(name: str, columns: Sequence[Column], label: str, rows: int, checksum: int) -> Part:
    said: list[Any] = [FORMAT, [[c.name, c.type] for c in columns], label, rows, str(checksum)]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]
    return Part(label, rows, checksum, f"files/{name.replace('.', '/')}/{label}-{digest}.parquet")


def _rows_of(table: Table, part: Part) -> str:
    if table.split_by is None:
        return "true"
    if part.label == UNDATED:
        return f'"{table.split_by}" is null'
    first = f"date '{part.label}-01'"
    return f'"{table.split_by}" >= {first} and "{table.split_by}" < {first} + interval 1 month'


def _hash(columns: Sequence[Column]) -> str:
    return f"hash({_listed(columns)})"


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


def _quoted(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'
