"""Releases in a PostgreSQL server: what differs from the release file is replaced in a transaction.

The server remembers rows and checksum of each part of each table, a day or the whole table, in a
table that readers do not see. So the first release, one after others were missed, a rollback and a
release whose people were forgotten are the same: parts that differ are deleted and copied, and
everybody sees all of it with the commit. Nothing is renamed, dropped or truncated under readers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from psycopg.sql import SQL, Identifier, Literal

from tidemark.settings import Settings
from warehouse.errors import PublishError
from warehouse.publishers.contents import UNDATED, WHOLE, Outline, digest, quoted, read_outlines
from warehouse.publishers.contents import sum_up as checksums
from warehouse.publishers.postgresql_server import (
    INTERNAL,
    PATIENCE,
    Server,
    Target,
    add_columns,
    connected,
    create_indexes,
    create_table,
    describe,
    let_read,
    make_schemas,
    read_columns,
    target_of,
)
from warehouse.releases import current_id, release_path

if TYPE_CHECKING:
    import duckdb

#: part of every digest: another way of writing makes other rows
FORMAT = 1
#: a table is replaced by the days of one of these, or of its first date; any other one as a whole
DAYS = ("stat_date", "as_of_date")
#: what dashboards filter by, each together with the day where there is one
FILTERS = ("brand_key", "platform", "account_key", "campaign_key", "goal_key")
#: written last; its digest tells the release that is shown
RELEASE = "ops.release"
#: the server's texts cannot hold NUL
NUL, STANDS_IN = "chr(0)", "\N{REPLACEMENT CHARACTER}"
BATCH_ROWS = 100_000
#: one key for all: a database has one publisher at a time
TURN = 7_348_255_014
PARTITION = f"{INTERNAL}.partition"

Parts = Mapping[str, tuple[int, str]]  # day or all: rows, digest
#: told where publishing is; tests end the process there
Notice = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """What a table needs: parts whose rows are replaced by those of the release."""

    table: Outline
    day: str | None
    wanted: Parts
    held: Parts
    is_created: bool

    @property
    def gone(self) -> list[str]:
        """The parts on the server that the release does not have, or has otherwise."""
        return [part for part, said in self.held.items() if self.wanted.get(part) != said]

    @property
    def new(self) -> list[str]:
        """The parts of the release that the server does not have, or has otherwise."""
        return [part for part, said in self.wanted.items() if self.held.get(part) != said]

    @property
    def parts(self) -> list[str]:
        """The parts that are touched."""
        return sorted({*self.gone, *self.new})


def show(settings: Settings) -> None:
    """Let readers of the server see the release that the link names."""
    if (release_id := current_id(settings)) is not None:
        publish_postgresql(_target(settings), release_path(settings, release_id))


def shown(settings: Settings) -> str | None:
    """Return the release that readers of the server see."""
    with connected(_target(settings)) as server:
        if RELEASE not in read_columns(server):
            return None
        [(release_id,)] = server.ask(f"select max(release_id) from {RELEASE}")
        return None if release_id is None else str(release_id)


def rewrite(settings: Settings) -> None:
    """Replace what forgetting people changed in the release that is shown."""
    if (release_id := current_id(settings)) is not None:
        release_file = release_path(settings, release_id)
        publish_postgresql(_target(settings), release_file, is_compared=True)


def publish_postgresql(
    target: Target,
    release_file: Path,
    *,
    is_compared: bool = False,
    notice: Notice = lambda _: None,
) -> dict[str, list[str]]:
    """Make the server hold what a release file holds; return the parts touched, by table.

    When the server shows this release, it is compared only when that is asked for.
    """
    import duckdb

    with duckdb.connect(str(release_file), read_only=True) as release, connected(target) as server:
        # the release's own row last: who sees it sees all of the release
        tables = sorted(read_outlines(release), key=lambda t: (t.name == RELEASE, t.name))
        if not is_compared and _is_shown(server, release, tables):
            return {}
        add_columns(server, tables)
        _take_turn(server)
        make_schemas(server, target.reader)
        changes = _changes(server, release, tables)
        for change in changes:
            if change.table.name == RELEASE:
                _finish(server, changes, target.reader)
            notice(change.table.name)
            _replace(server, release, change)
        _empty_others(server, tables)
        _remember(server, changes)
        server.commit()
    return {change.table.name: change.parts for change in changes if change.parts}


def _target(settings: Settings) -> Target:
    if settings.postgresql is None:
        raise PublishError("TIDEMARK_POSTGRESQL is empty; let it name an Airflow connection")
    return target_of(settings.postgresql)


def _is_shown(
    server: Server, release: "duckdb.DuckDBPyConnection", tables: Collection[Outline]
) -> bool:
    [(known,)] = server.ask(f"select to_regclass('{PARTITION}')::text")
    if known is None:
        return False
    [own] = [table for table in tables if table.name == RELEASE]
    return _held(server).get(RELEASE) == _wanted(release, own, day_of(own))


def _take_turn(server: Server) -> None:
    server.run("set local lock_timeout = {patience}", patience=Literal(PATIENCE))
    server.run("set local maintenance_work_mem = '256MB'")
    server.run("select pg_advisory_xact_lock({turn})", turn=Literal(TURN))


def _changes(
    server: Server, release: "duckdb.DuckDBPyConnection", tables: Sequence[Outline]
) -> list[Change]:
    there = read_columns(server)
    missing = [table for table in tables if table.name not in there]
    for table in missing:
        create_table(server, table)
        _forget(server, table.name)
    held, changes = _held(server), []
    for table in tables:
        day = day_of(table)
        wanted, known = _wanted(release, table, day), held.get(table.name, {})
        changes.append(Change(table, day, wanted, known, table in missing))
    return changes


def day_of(table: Outline) -> str | None:
    """Return the column by whose days a table is replaced, or None: as a whole."""
    days = [column.name for column in table.columns if column.type == "DATE"]
    return next((name for name in (*DAYS, *days) if name in days), None)


def indexes_of(table: Outline) -> dict[str, tuple[str, ...]]:
    """Return the indexes of a table: its day, and each filter with the day."""
    day, names = day_of(table), [column.name for column in table.columns]
    ends = (day,) if day else ()
    wanted = [ends, *((name, *ends) for name in FILTERS if name in names)]
    short = table.name.partition(".")[2]
    return {f"{short}__{'__'.join(columns)}"[:63]: columns for columns in wanted if columns}


def _wanted(release: "duckdb.DuckDBPyConnection", table: Outline, day: str | None) -> Parts:
    found: dict[str, tuple[int, str]] = {}
    for value, rows, checksum in checksums(release, table, f'"{day}"' if day else f"'{WHOLE}'"):
        part = UNDATED if value is None else str(value)
        found[part] = (rows, digest(table.columns, FORMAT, part, rows, checksum))
    return found


def _held(server: Server) -> dict[str, dict[str, tuple[int, str]]]:
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for table, part, rows, said in server.ask(
        f"select table_name, part, rows, digest from {PARTITION}"
    ):
        found.setdefault(table, {})[part] = (rows, said)
    return found


def _replace(server: Server, release: "duckdb.DuckDBPyConnection", change: Change) -> None:
    table = change.table
    if not change.held or len(change.gone) == len(change.held):
        # also what nobody remembers
        server.run("delete from {table}", table=Identifier(*table.name.split(".")))
    elif change.gone:
        server.run(f"delete from {quoted(table.name)} where {_rows_of(change, change.gone)}")
    if not change.new:
        return
    is_all = len(change.new) == len(change.wanted)
    where = "true" if is_all else _rows_of(change, change.new)
    rows = release.execute(f"select {_texts(table)} from {quoted(table.name)} where {where}")
    expected = sum(change.wanted[part][0] for part in change.new)
    written = server.ingest(table.name, rows.to_arrow_reader(BATCH_ROWS))
    if written != expected:
        raise PublishError(
            f"{table.name}: the server took {written} rows of {expected}; nothing was changed there"
        )


def _rows_of(change: Change, parts: Collection[str]) -> str:
    """Return the condition of parts, in the SQL of both sides."""
    days = ", ".join(f"date '{part}'" for part in sorted(parts) if part != UNDATED)
    either = [f'"{change.day}" in ({days})'] if days else []
    return " or ".join(either + [f'"{change.day}" is null'] * (UNDATED in parts))


def _texts(table: Outline) -> str:
    """Return the SQL of all columns as the server can hold them."""
    return ", ".join(
        f"""replace("{c.name}", {NUL}, '{STANDS_IN}') as "{c.name}\""""
        if c.type == "VARCHAR"
        else f'"{c.name}"'
        for c in table.columns
    )


def _finish(server: Server, changes: Sequence[Change], reader: str) -> None:
    for change in changes:
        create_indexes(server, change.table.name, indexes_of(change.table))
        if change.is_created:
            server.run("analyze {table}", table=Identifier(*change.table.name.split(".")))
    describe(server, [change.table for change in changes])
    let_read(server, reader)


def _empty_others(server: Server, tables: Sequence[Outline]) -> None:
    """Delete the rows of tables that the release does not have; an older one may lack a table."""
    there = read_columns(server)
    for name in _held(server).keys() - {table.name for table in tables}:
        if name in there:
            server.run("delete from {table}", table=Identifier(*name.split(".")))
        _forget(server, name)


def _forget(server: Server, table: str) -> None:
    server.run(f"delete from {PARTITION} where table_name = {{table}}", table=Literal(table))


def _remember(server: Server, changes: Sequence[Change]) -> None:
    rows: list[dict[str, Any]] = []
    for change in changes:
        for part in change.new:
            count, said = change.wanted[part]
            rows.append(
                {"table_name": change.table.name, "part": part, "rows": count, "digest": said}
            )
        if change.parts:
            parts = SQL(", ").join(map(Literal, change.parts))
            server.run(
                f"delete from {PARTITION} where table_name = {{name}} and part in ({{parts}})",
                name=Literal(change.table.name),
                parts=parts,
            )
    if rows:
        server.ingest(PARTITION, pa.Table.from_pylist(rows))
