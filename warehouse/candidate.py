"""The build database before dbt runs: views of the lake, config, ledgers, and its own memory."""

import hashlib
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.core.lake import Lake, current_rows_sql, having_rows
from extractors.core.landed import of_days, sql_list
from extractors.core.model import Platform, Stream
from extractors.core.people import same_person
from tidemark.settings import Settings
from warehouse.base import base_path
from warehouse.ledger_tables import ledger_tables
from warehouse.plans import (
    DAYS_FILE,
    EXPECTED_FILE,
    SOURCE_DAYS_FILE,
    Plan,
    plan_dir,
    read_slices,
)
from warehouse.site import Site

if TYPE_CHECKING:
    import duckdb

SCHEMAS = ("lake", "config", "ledger", "state")

_SLICES = """
select
    platform,
    stream,
    account_key,
    dt,
    batch_id,
    status,
    rows,
    cast(captured_at as timestamptz) as captured_at,
    cast(committed_at as timestamptz) as committed_at
from incoming
"""
_FILES = """
with shaped as (
    select
        file_name as address,
        md5(string_agg(concat_ws(' ', name, duckdb_type, num_children) order by column_id)) as shape
    from parquet_schema([{addresses}])
    group by file_name
)

select platform, stream, dt, file, shape
from incoming
inner join shaped using (address)
"""
_FILE = pa.schema(
    [
        ("platform", pa.string()),
        ("stream", pa.string()),
        ("dt", pa.date32()),
        ("file", pa.string()),
        ("address", pa.string()),
    ]
)
_SOURCE_DAYS = """
select *
from incoming
"""


@dataclass(frozen=True)
class Files:
    """Current files of a stream; one without rows among them, so that there is always one."""

    platform: Platform
    stream: Stream
    paths: Sequence[str]
    is_one_shape: bool  # all have the same columns

    @property
    def view(self) -> str:
        """The view of the stream's current rows in the build database."""
        return f"lake.{self.platform.name}__{self.stream.name}"


def candidate_path(site: Site, plan_id: str) -> Path:
    """Return the build database of a plan."""
    return plan_dir(site.settings, plan_id) / "candidate.duckdb"


def start_candidate(site: Site, plan_id: str, *, from_base: bool) -> Path:
    """Return a new candidate: a copy of the base build, or nothing yet."""
    path = candidate_path(site, plan_id)
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)
    if from_base:
        shutil.copyfile(base_path(site.settings), path)
    return path


def write_inputs(site: Site, database: "duckdb.DuckDBPyConnection", plan: Plan) -> None:
    """Put everything that dbt reads into the build database, a copy of the plan's base if any."""
    for schema in SCHEMAS:
        database.execute(f"create schema if not exists {schema}")
    folder = plan_dir(site.settings, plan.plan_id)
    slices = read_slices(site.settings, plan.plan_id)
    _renew(database, plan, "lake.winning_slice", "dt", _SLICES, slices)
    files = _files(site, database, slices)
    shapes = _FILES.format(addresses=sql_list(files["address"].unique().to_pylist()))
    _renew(database, plan, "lake.current_file", "dt", shapes, files)
    source_days = pq.read_table(folder / SOURCE_DAYS_FILE)
    _renew(database, plan, "lake.source_day", "stat_date", _SOURCE_DAYS, source_days)
    _write_views(site, database)
    for name, table in site.config_tables().items():
        write_table(database, f"config.{name}", table)
    for name, table in ledger_tables(site.lake).items():
        write_table(database, f"ledger.{name}", table)


def remember(settings: Settings, database: "duckdb.DuckDBPyConnection", plan: Plan) -> None:
    """Write down what the build is made from, beside its slices; the next one starts from it."""
    folder = plan_dir(settings, plan.plan_id)
    write_table(database, "state.day", pq.read_table(folder / DAYS_FILE))
    write_table(database, "state.expected", pq.read_table(folder / EXPECTED_FILE))
    made_from = {
        "release_id": [plan.plan_id],
        "model_hash": [plan.model_hash],
        "config_hash": [plan.config_hash],
        "first_date": [plan.first_date],
        "as_of_date": [plan.as_of_date],
    }
    database.register("made_from", pa.table(made_from))
    database.execute(
        "create or replace table state.build as select * replace "
        "(cast(first_date as date) as first_date, cast(as_of_date as date) as as_of_date) "
        "from made_from"
    )
    database.unregister("made_from")


def write_table(database: "duckdb.DuckDBPyConnection", name: str, table: pa.Table) -> None:
    """Replace one table of the build database."""
    database.register("incoming", table)
    database.execute(f"create or replace table {name} as select * from incoming")
    database.unregister("incoming")


def _renew(
    database: "duckdb.DuckDBPyConnection",
    plan: Plan,
    name: str,
    day_column: str,
    query: str,
    incoming: pa.Table,
) -> None:
    """Replace the days of a table that the plan tells and what is of no day, or all of it."""
    database.register("incoming", incoming)
    if plan.days is None:
        database.execute(f"create or replace table {name} as {query}")
    else:
        told = of_days(day_column, plan.told_days)
        database.execute(f"delete from {name} where {told} or {day_column} is null")
        database.execute(f"insert into {name} {query}")
    database.unregister("incoming")


def _files(site: Site, database: "duckdb.DuckDBPyConnection", slices: pa.Table) -> pa.Table:
    """Return the files of some slices by their day, and of no day every stream's without rows."""
    rows = [
        (platform.name, stream.name, None, zero_row_file(site.lake, platform, stream))
        for platform, stream in site.streams
    ]
    database.register("told_slice", slices)
    rows += database.execute(
        "select distinct platform, stream, dt, unnest(files) from told_slice"
    ).fetchall()
    database.unregister("told_slice")
    told = [dict(zip(_FILE.names, (*row, site.lake.address(row[3])), strict=True)) for row in rows]
    return pa.Table.from_pylist(told, schema=_FILE)


def _write_views(site: Site, database: "duckdb.DuckDBPyConnection") -> None:
    write_table(database, "lake.same_person", _same_person(site.lake))
    for files in current_files(site, database):
        database.execute(f"create or replace view {files.view} as {current_rows(site.lake, files)}")


def current_rows(lake: Lake, files: Files, schema: str = "lake") -> str:
    """Return the query for a stream's current rows in some of its files.

    schema holds the slices that count.
    """
    query = current_rows_sql(
        files.stream,
        [lake.address(path) for path in files.paths],
        winners_of(files.platform, files.stream, schema),
        is_one_shape=files.is_one_shape,
    )
    return with_one_key_a_person(files.stream, query, schema)


def _same_person(lake: Lake) -> pa.Table:
    """Return which keys of a person give way to which, since the hash secret was exchanged."""
    joined = sorted(same_person(lake).items())
    columns = {"key": [key for key, _ in joined], "oldest": [oldest for _, oldest in joined]}
    return pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))


def with_one_key_a_person(stream: Stream, query: str, schema: str = "lake") -> str:
    """Return a stream's query with the oldest key of each person in its personal columns."""
    personal = [f.name for f in stream.fields if f.personal]
    if not personal:
        return query
    given = [*stream.schema.names, "_committed_at"]
    given += ["_is_listed"] if stream.is_complete_listing else []
    columns = ", ".join(
        f'coalesce(same_{name}.oldest, of_stream."{name}") as "{name}"'
        if name in personal
        else f'of_stream."{name}"'
        for name in given
    )
    joins = "\n".join(
        f'left join {schema}.same_person as same_{name} on same_{name}."key" = of_stream."{name}"'
        for name in personal
    )
    return f"select {columns} from ({query}) as of_stream\n{joins}"


def winners_of(platform: Platform, stream: Stream, schema: str = "lake") -> str:
    """Return the query for a stream's slices that count and have rows to tell of, in brackets."""
    return (
        f"(select account_key, dt, batch_id, committed_at from {schema}.winning_slice where "
        f"platform = '{platform.name}' and stream = '{stream.name}' and {having_rows(stream)})"
    )


def current_files(
    site: Site,
    database: "duckdb.DuckDBPyConnection",
    schema: str = "lake",
    days: Collection[date] | None = None,
) -> Iterator[Files]:
    """Yield every stream with its current files, of all days or of some."""
    # the newest first, and the one without rows last: of files of one shape the planner of queries
    # looks into the first only, and takes the others to be as long
    found = database.execute(
        f"""
        select platform, stream, list(distinct file order by file desc), count(distinct shape) = 1
        from {schema}.current_file
        where {of_days("dt", days)} or dt is null
        group by all
        """
    )
    by_stream = {(row[0], row[1]): row[2:] for row in found.fetchall()}
    for platform, stream in site.streams:
        yield Files(platform, stream, *by_stream[(platform.name, stream.name)])


def zero_row_file(lake: Lake, platform: Platform, stream: Stream) -> str:
    """Return the stream's file without rows, so that no list of files is ever empty."""
    shape = hashlib.sha256(str(stream.schema).encode()).hexdigest()[:12]
    path = f"_empty/{platform.name}__{stream.name}/{shape}.parquet"
    if not lake.exists(path):
        sink = pa.BufferOutputStream()
        pq.write_table(stream.schema.empty_table(), sink)
        lake.write_bytes(path, sink.getvalue().to_pybytes())
    return path
