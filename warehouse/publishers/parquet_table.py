"""A published table as Parquet files: exact types, one file a month where it is large.

A file's name carries a digest of its rows, so a month that did not change is the same file in every
release.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import PublishError
from warehouse.publishers.contents import (
    UNDATED,
    WHOLE,
    Column,
    Outline,
    digest,
    hash_of,
    listed,
    quoted,
    read_outlines,
    sum_up,
)

if TYPE_CHECKING:
    import duckdb

#: part of every digest: another way of writing makes other files
FORMAT = 1
#: tables of more rows are one file a month of their day
SPLIT_ROWS = 200_000
WRITTEN = "format parquet, compression zstd, row_group_size 122880"

#: type of the release file: the type that Parquet readers see
ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
    "DATE": pa.date32(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "BOOLEAN": pa.bool_(),
}


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
    return [_table(release, outline) for outline in read_outlines(release)]


def write_part(
    release: "duckdb.DuckDBPyConnection", table: Table, part: Part, target: Path
) -> None:
    """Write one file; PublishError unless it reads back as the same rows of the same types."""
    rows = f"select {listed(table.columns)} from {quoted(table.name)} where {_rows_of(table, part)}"
    release.execute(f"copy ({rows}) to '{target}' ({WRITTEN})")
    _verify(release, table, part, target)


def _verify(release: "duckdb.DuckDBPyConnection", table: Table, part: Part, target: Path) -> None:
    said = {column.name: ARROW[column.type] for column in table.columns}
    schema = pq.read_schema(target)
    found = dict(zip(schema.names, schema.types, strict=True))
    if found != said:
        differing = sorted(name for name in said | found if said.get(name) != found.get(name))
        raise PublishError(f"{table.name}: {differing[0]} reads back as {found.get(differing[0])}")
    count = release.execute(
        f"select count(*), coalesce(sum({hash_of(table.columns)}), 0) from read_parquet('{target}')"
    ).fetchone()
    if count != (part.rows, part.checksum):
        raise PublishError(
            f"{table.name}, {part.label}: {part.rows} rows were written and other ones read back; "
            "look at the disk"
        )


def _table(release: "duckdb.DuckDBPyConnection", outline: Outline) -> Table:
    name, columns = outline.name, outline.columns
    found = release.execute(f"select count(*) from {quoted(name)}").fetchone()
    days = [column.name for column in columns if column.type == "DATE"]
    split_by = days[0] if found and found[0] > SPLIT_ROWS and days else None
    label = (
        f"""coalesce(strftime("{split_by}", '%Y-%m'), '{UNDATED}')""" if split_by else f"'{WHOLE}'"
    )
    sums = sum_up(release, outline, label)
    parts = tuple(_part(outline, *row) for row in sums or [(WHOLE, 0, 0)])
    return Table(name, outline.description, columns, split_by, parts)


def _part(outline: Outline, label: str, rows: int, checksum: int) -> Part:
    name = digest(outline.columns, FORMAT, label, rows, checksum)
    return Part(
        label, rows, checksum, f"files/{outline.name.replace('.', '/')}/{label}-{name}.parquet"
    )


def _rows_of(table: Table, part: Part) -> str:
    if table.split_by is None:
        return "true"
    if part.label == UNDATED:
        return f'"{table.split_by}" is null'
    first = f"date '{part.label}-01'"
    return f'"{table.split_by}" >= {first} and "{table.split_by}" < {first} + interval 1 month'
