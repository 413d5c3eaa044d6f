"""What has landed, as tables: three years of slices are a million, too many for objects."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from extractors.core.model import JUDGED, READABLE

if TYPE_CHECKING:
    import duckdb

#: the order of slices that say something of one key, the one that counts first
NEWEST = "committed_at desc, batch_id desc, path desc, nth desc"

_MANIFEST = {
    "batch_id": "VARCHAR",
    "platform": "VARCHAR",
    "stream": "VARCHAR",
    "dt": "DATE",
    "committed_at": "VARCHAR",
    "captured_at": "VARCHAR",
    "files": ["VARCHAR"],
    "slices": [
        {
            "account_key": "VARCHAR",
            "dt": "DATE",
            "status": "VARCHAR",
            "rows": "BIGINT",
            "error": "VARCHAR",
            "is_zero": "BOOLEAN",
            "committed_at": "VARCHAR",
            "captured_at": "VARCHAR",
        }
    ],
}
_VERDICT = {
    "batch_id": "VARCHAR",
    "slices": [
        {"account_key": "VARCHAR", "dt": "DATE", "passed": "BOOLEAN", "failures": ["VARCHAR"]}
    ],
}
_ACCEPTED = pa.schema(
    [("batch_id", pa.string()), ("account_key", pa.string()), ("dt", pa.date32())]
)

_TABLES = f"""
create temp table manifest as
select path, unnest(json_transform(body, '{json.dumps(_MANIFEST)}'))
from manifest_body;

create temp table verdict as
select batch_id, unnest(slices, recursive := true)
from (
    select unnest(json_transform(body, '{json.dumps(_VERDICT)}'))
    from verdict_body
);

create temp table parsed_slice as
with records as (
    select
        path,
        platform,
        stream,
        batch_id,
        files,
        manifest.committed_at as committed_at,
        manifest.captured_at as captured_at,
        unnest(slices) as record,
        generate_subscripts(slices, 1) as nth
    from manifest
)
select
    records.path,
    records.nth,
    records.platform,
    records.stream,
    records.record.account_key as account_key,
    records.record.dt as dt,
    records.batch_id,
    records.record.status as status,
    records.record.rows as rows,
    records.record.error as error,
    records.record.is_zero as is_zero,
    coalesce(records.record.captured_at, records.captured_at) as captured_at,
    -- compaction merges batches and keeps when each slice was committed first
    coalesce(records.record.committed_at, records.committed_at) as committed_at,
    records.files,
    verdict.passed,
    verdict.failures
from records
left join verdict
    on
        records.batch_id = verdict.batch_id
        and records.record.account_key = verdict.account_key
        and records.record.dt = verdict.dt;
"""
#: one text for what a file of known slices must have been written by
SHAPE = _TABLES


# read_known makes both where there is something to know
_VIEWS = """
create temp table if not exists mark (path varchar, mark varchar);

create temp view if not exists known_slice as
select *
from parsed_slice
where false;

create temp view slice as
select
    *,
    (batch_id, account_key, dt) in (select (batch_id, account_key, dt) from accepted) as is_accepted
from (
    select * from parsed_slice
    union all by name
    select * from known_slice
);

create temp view admitted as
select * replace (
    case when rows > 0 then 'ok' else 'empty' end as status,
    case when rows > 0 then files else [] end as files
)
from slice
where
    (status in ({readable}) and coalesce(passed, false))
    or (status in ({judged}) and is_accepted);

create temp view ungated as
select distinct path
from parsed_slice
where status in ({judged}) and passed is null;

create temp view refused as
select distinct path
from parsed_slice
where not passed;
"""

#: by day one mark of all its manifests and of what was accepted; NULL where one has no mark
DAY_MARKS = """
with said as (
    select distinct slice.dt, slice.path as what, mark.mark
    from slice
    left join mark using (path)
    union all
    select dt, batch_id || '/' || account_key as what, 'accepted' as mark
    from accepted
)

select
    dt,
    case
        when count(*) = count(mark) then md5(string_agg(what || ' ' || mark, chr(10) order by what))
    end as mark
from said
group by dt
"""

_BROKEN = """
select path
from manifest
where
    batch_id is null or platform is null or stream is null or dt is null or files is null
    or committed_at is null or captured_at is null or slices is null
union
select path
from parsed_slice
where account_key is null or dt is null or status is null or rows is null
"""


def open_tables() -> "duckdb.DuckDBPyConnection":
    """Return a database in memory, for make_tables."""
    import duckdb

    database = duckdb.connect()
    database.execute("set TimeZone = 'UTC'")
    return database


def make_tables(
    database: "duckdb.DuckDBPyConnection",
    manifests: Mapping[str, bytes],
    verdicts: Mapping[str, bytes],
    accepted: Collection[tuple[str, str, str]],
) -> list[str]:
    """Make the tables of what landed; return the manifests that lack what each must have.

    manifests and verdicts are contents by path; accepted is of (batch id, account, day). The
    slices of other manifests may stand in a view known_slice. Views: `slice`, a row per record
    with the gate's word (passed, failures; NULL: none yet) and is_accepted; `admitted`, the slices
    that may count; `ungated` and `refused`, the paths of the manifests with such a slice, which are
    never known ones. Raises duckdb.Error on what is no JSON.
    """
    database.register("manifest_body", _bodies(manifests))
    database.register("verdict_body", _bodies(verdicts))
    rows = [
        {"batch_id": batch_id, "account_key": account, "dt": date.fromisoformat(dt)}
        for batch_id, account, dt in sorted(accepted)
    ]
    database.register("accepted", pa.Table.from_pylist(rows, schema=_ACCEPTED))
    database.execute(_TABLES)
    database.execute(_VIEWS.format(readable=sql_list(READABLE), judged=sql_list(JUDGED)))
    return [path for (path,) in database.execute(_BROKEN).fetchall()]


def of_days(column: str, days: Collection[date] | None) -> str:
    """Return the SQL condition for some days, or for all."""
    if days is None:
        return "true"
    listed = ", ".join(f"date '{day}'" for day in sorted(days))
    return f"{column} in ({listed or 'null'})"


def sql_list(words: Iterable[str]) -> str:
    """Return words as SQL literals, sorted and separated by commas."""
    return ", ".join(sql_text(word) for word in sorted(words))


def sql_text(word: str) -> str:
    """Return a word as an SQL literal."""
    return "'" + word.replace("'", "''") + "'"


def _bodies(files: Mapping[str, bytes]) -> pa.Table:
    bodies = pa.array([_whole_letters(body) for body in files.values()], pa.binary())
    return pa.table({"path": pa.array(files, pa.string()), "body": bodies.cast(pa.string())})


def _whole_letters(body: bytes) -> bytes:
    """Return JSON without halves of surrogate pairs, which DuckDB does not read: platforms err."""
    if b"\\ud" not in body:
        return body
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except ValueError:
        return body
