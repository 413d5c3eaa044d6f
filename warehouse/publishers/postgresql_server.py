"""A PostgreSQL server that a release is published to: its connection, catalog and definitions."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composable, Identifier, Literal

from extractors.core.credentials import read_connection
from warehouse.errors import PublishError
from warehouse.publishers.contents import Outline
from warehouse.release_file import SCHEMAS

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

READER = "tidemark_bi"
#: a schema that readers have no right on
INTERNAL = "tidemark_internal"
CONNECT_SECONDS = 10
#: for what no reader ever holds: a killed run that is not over yet, an index that somebody makes
PATIENCE = "60s"
#: readers queue behind a new column that waits, so it gives up soon
ALTER_PATIENCE = "500ms"

#: type of the release file: the server's, as format_type() calls it
TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "DECIMAL(18,2)": "numeric(18,2)",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "BOOLEAN": "boolean",
}

_COLUMNS = """
select n.nspname || '.' || c.relname, a.attname::text, format_type(a.atttypid, a.atttypmod),
    coalesce(col_description(c.oid, a.attnum), '')
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ({schemas}) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
order by 1, a.attnum
"""

_TABLES = """
select n.nspname || '.' || c.relname, coalesce(obj_description(c.oid, 'pg_class'), '')
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ({schemas}) and c.relkind in ('r', 'p')
"""

_UNREADABLE = """
select count(*) from pg_namespace as n
left join pg_class as c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
where n.nspname in ({schemas}) and not (
    has_schema_privilege({reader}, n.oid, 'usage')
    and coalesce(has_table_privilege({reader}, c.oid, 'select'), true)
)
"""


@dataclass(frozen=True)
class Target:
    """Where to publish: a database, and the role that may read there."""

    conninfo: str = field(repr=False)
    reader: str = READER


class Server:
    """One connection in which everything is one transaction until commit()."""

    def __init__(self, connection: "Connection", cursor: "Cursor") -> None:
        self._connection, self._cursor = connection, cursor

    def run(self, statement: str | Composable, **names: Composable) -> None:
        """Run a statement."""
        self._cursor.execute(_text(statement, names))

    def ask(self, query: str, **names: Composable) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        self._cursor.execute(_text(query, names))
        return self._cursor.fetchall()

    def ingest(self, table: str, rows: Any) -> int:
        """Append rows of Arrow by COPY, column by name; return how many."""
        schema, _, name = table.partition(".")
        return self._cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)

    def commit(self) -> None:
        """Let everybody see what was done."""
        self._connection.commit()

    def rollback(self) -> None:
        """Undo what was done since the last commit."""
        self._connection.rollback()


def target_of(connection_id: str) -> Target:
    """Return the database of an Airflow connection; its extra goes to libpq, but for `reader`."""
    said = read_connection(connection_id)
    extra = {name: str(value) for name, value in said.extra.items()}
    reader = extra.pop("reader", READER)
    parts = {
        "host": said.host,
        "port": said.port,
        "dbname": said.database,
        "user": said.login,
        "password": said.password,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "tidemark",
    }
    try:
        given = {name: str(value) for name, value in parts.items() if value}
        conninfo = make_conninfo(**given | extra)
    except ProgrammingError as error:
        raise PublishError(
            f"connection {connection_id}: extra: {str(error).strip()}; only reader and what libpq "
            "knows may stand there"
        ) from None
    return Target(conninfo, reader)


@contextmanager
def connected(target: Target) -> Iterator[Server]:
    """Yield the server; what is not committed at the end is undone. Its errors are PublishError."""
    from adbc_driver_manager import dbapi
    from adbc_driver_postgresql.dbapi import connect

    failure = ""
    try:
        with connect(target.conninfo) as connection, connection.cursor() as cursor:
            yield Server(connection, cursor)
    except dbapi.Error as error:
        failure = _words(error)
    if failure:
        # raised out here: the driver's own error may carry rows along
        raise PublishError(failure)


def make_schemas(server: Server, reader: str) -> None:
    """Make sure of the schemas, the role that reads and the table of what is held."""
    there = {name for (name,) in server.ask("select nspname::text from pg_namespace")}
    for schema in (*SCHEMAS, INTERNAL):
        if schema not in there:
            server.run("create schema {schema}", schema=Identifier(schema))
    if not server.ask("select 1 from pg_roles where rolname = {reader}", reader=Literal(reader)):
        server.run("create role {reader} nologin", reader=Identifier(reader))
    server.run(
        "create table if not exists {table} (table_name text, part text, rows bigint, "
        "digest text, primary key (table_name, part))",
        table=Identifier(INTERNAL, "partition"),
    )


def read_columns(server: Server) -> dict[str, dict[str, tuple[str, str]]]:
    """Return type and comment of each column of each table that is there."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for table, name, said, comment in server.ask(_COLUMNS, schemas=_schemas()):
        found.setdefault(table, {})[name] = (said, comment)
    return found


def add_columns(server: Server, tables: Collection[Outline]) -> None:
    """Add new columns, each in a transaction of its own; any other difference is PublishError."""
    there = read_columns(server)
    server.rollback()
    for table in tables:
        known = there.get(table.name)
        for column in table.columns if known else ():
            said = known[column.name][0] if known and column.name in known else None
            if said is None:
                _add_column(server, table.name, column.name, TYPES[column.type])
            elif said != TYPES[column.type]:
                raise PublishError(
                    f"{table.name}.{column.name} is {said} on the server and "
                    f"{TYPES[column.type]} in the release; give it another name in its model, or "
                    "drop the table there while nobody reads: it is loaded anew"
                )


def _add_column(server: Server, table: str, column: str, said: str) -> None:
    from adbc_driver_manager import dbapi

    is_busy = False
    try:
        server.run("set local lock_timeout = {patience}", patience=Literal(ALTER_PATIENCE))
        server.run(
            f"alter table {{table}} add column {{column}} {said}",
            table=_named(table),
            column=Identifier(column),
        )
        server.commit()
    except dbapi.Error as error:
        if error.sqlstate != "55P03":
            raise
        is_busy = True
    if is_busy:
        raise PublishError(
            f"{table}: the new column {column} needs a moment in which nobody reads the table, and "
            f"waited {ALTER_PATIENCE}; end what is open there, or wait"
        )


def create_table(server: Server, table: Outline) -> None:
    """Create a table as the release has it."""
    columns = SQL(", ").join(
        SQL(f"{{}} {TYPES[column.type]}").format(Identifier(column.name))
        for column in table.columns
    )
    server.run("create table {table} ({columns})", table=_named(table.name), columns=columns)


def create_indexes(server: Server, table: str, wanted: Mapping[str, tuple[str, ...]]) -> None:
    """Create the indexes that are missing; it stops writers only."""
    schema, _, name = table.partition(".")
    there = {
        index
        for (index,) in server.ask(
            "select indexname::text from pg_indexes where schemaname = {schema} "
            "and tablename = {name}",
            schema=Literal(schema),
            name=Literal(name),
        )
    }
    for index, columns in wanted.items():
        if index not in there:
            server.run(
                "create index {index} on {table} ({columns})",
                index=Identifier(index),
                table=_named(table),
                columns=SQL(", ").join(map(Identifier, columns)),
            )


def describe(server: Server, tables: Collection[Outline]) -> None:
    """Give tables and columns the release's descriptions as comments, where they differ."""
    there, columns = dict(server.ask(_TABLES, schemas=_schemas())), read_columns(server)
    for table in tables:
        if there[table.name] != table.description:
            _comment(server, "table", table.name.split("."), table.description)
        for column in table.columns:
            if columns[table.name][column.name][1] != column.description:
                where = [*table.name.split("."), column.name]
                _comment(server, "column", where, column.description)


def let_read(server: Server, reader: str) -> None:
    """Give the role its rights, where it lacks some: to read what is there and what will be."""
    [(lacking,)] = server.ask(_UNREADABLE, schemas=_schemas(), reader=Literal(reader))
    for schema in SCHEMAS if lacking else ():
        names = {"schema": Identifier(schema), "reader": Identifier(reader)}
        server.run("grant usage on schema {schema} to {reader}", **names)
        server.run("grant select on all tables in schema {schema} to {reader}", **names)
        server.run(
            "alter default privileges in schema {schema} grant select on tables to {reader}",
            **names,
        )


def _comment(server: Server, kind: str, where: Collection[str], text: str) -> None:
    said = SQL(f"comment on {kind} {{}} is {{}}")
    server.run(said.format(Identifier(*where), Literal(text or None)))


def _schemas() -> Composable:
    return SQL(", ").join(map(Literal, SCHEMAS))


def _named(table: str) -> Identifier:
    return Identifier(*table.split("."))


def _text(statement: str | Composable, names: Mapping[str, Composable]) -> str:
    composed = SQL(statement).format(**names) if isinstance(statement, str) else statement
    return composed.as_string(None)


def _words(error: Exception) -> str:
    """Return what the server said, without the row that it was about."""
    said = str(error).partition("CONTEXT:")[0].partition("DETAIL:")[0]
    return " ".join(said.partition("Query was:")[0].split()).rstrip(". ")
