"""The build database before dbt runs: views of the lake, config, ledgers, and its own memory."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.core.lake import Lake, current_rows_sql
from extractors.core.model import Platform, Stream
from extractors.core.people import same_person
from warehouse.base import base_path
from warehouse.ledger_tables import ledger_tables
from warehouse.plans import Plan, plan_dir
from warehouse.site import Site

if TYPE_CHECKING:
    import duckdb

SCHEMAS = ("lake", "config", "ledger", "state")

_USED = """
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
from used
"""


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


def write_inputs(
    site: Site, database: "duckdb.DuckDBPyConnection", plan: Plan, slices: pa.Table
) -> None:
    """Put everything that dbt reads into the build database."""
    for schema in SCHEMAS:
        database.execute(f"create schema if not exists {schema}")
    _write_views(site, database, slices)
    source_day = pq.read_table(plan_dir(site.settings, plan.plan_id) / "source_day.parquet")
    write_table(database, "lake.source_day", source_day)
    for name, table in site.config_tables().items():
        write_table(database, f"config.{name}", table)
    for name, table in ledger_tables(site.lake).items():
        write_table(database, f"ledger.{name}", table)


def remember(database: "duckdb.DuckDBPyConnection", plan: Plan) -> None:
    """Write down what the build is made from, beside its slices; the next one starts from it."""
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


def _write_views(site: Site, database: "duckdb.DuckDBPyConnection", slices: pa.Table) -> None:
    database.register("used", slices)
    database.execute(f"create or replace table lake.winning_slice as {_USED}")
    database.unregister("used")
    write_table(database, "lake.same_person", _same_person(site.lake))
    for platform, stream, paths in current_files(site, slices):
        files = [site.lake.address(path) for path in paths]
        query = current_rows_sql(stream, files, winners_of(platform, stream))
        query = with_one_key_a_person(stream, query)
        database.execute(f"create or replace view lake.{platform.name}__{stream.name} as {query}")


def _same_person(lake: Lake) -> pa.Table:
    """Return which keys of a person give way to which, since the hash secret was exchanged."""
    joined = sorted(same_person(lake).items())
    columns = {"key": [key for key, _ in joined], "oldest": [oldest for _, oldest in joined]}
    return pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))


def with_one_key_a_person(stream: Stream, query: str) -> str:
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
        f'left join lake.same_person as same_{name} on same_{name}."key" = of_stream."{name}"'
        for name in personal
    )
    return f"select {columns} from ({query}) as of_stream\n{joins}"


def winners_of(platform: Platform, stream: Stream) -> str:
    """Return the query for a stream's slices that count, in brackets."""
    return (
        "(select account_key, dt, batch_id, committed_at from lake.winning_slice "
        f"where platform = '{platform.name}' and stream = '{stream.name}')"
    )


def current_files(site: Site, slices: pa.Table) -> Iterator[tuple[Platform, Stream, list[str]]]:
    """Yield every stream with its current files, each once, after a zero-row file."""
    import duckdb

    found = duckdb.execute(
        "select platform, stream, list_sort(list(distinct file)) "
        "from (select platform, stream, unnest(files) as file from slices) group by all"
    )
    by_stream = {(row[0], row[1]): row[2] for row in found.fetchall()}
    for platform, stream in site.streams:
        used = by_stream.get((platform.name, stream.name), [])
        yield platform, stream, [zero_row_file(site.lake, platform, stream), *used]


def zero_row_file(lake: Lake, platform: Platform, stream: Stream) -> str:
    """Return the stream's file without rows, so that no list of files is ever empty."""
    shape = hashlib.sha256(str(stream.schema).encode()).hexdigest()[:12]
    path = f"_empty/{platform.name}__{stream.name}/{shape}.parquet"
    if not lake.exists(path):
        sink = pa.BufferOutputStream()
        pq.write_table(stream.schema.empty_table(), sink)
        lake.write_bytes(path, sink.getvalue().to_pybytes())
    return path
