"""The table lake.source_day: how every expected slice up to the as-of day has ended."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from extractors.core.asking import LAST_HOUR
from extractors.core.landed import NEWEST, sql_list
from tidemark.clock import days_between
from warehouse.asof import account_starts, feeds
from warehouse.site import Site
from warehouse.slices import KEY, LakeState, Source, first_of_each

UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
ENDED = frozenset({"ok", "empty", "not_offered"})

SOURCE_DAY = pa.schema(
    [
        ("platform", pa.string()),
        ("stream", pa.string()),
        ("account_key", pa.string()),
        ("stat_date", pa.date32()),
        ("status", pa.string()),
        ("rows", pa.int64()),
        ("landed_at", UTC_MICROSECONDS),
        ("batch_id", pa.string()),
        ("error", pa.string()),
        ("is_required", pa.bool_()),
        ("is_late", pa.bool_()),
        ("deadline_at", UTC_MICROSECONDS),
    ]
)

#: what must come of every account: from which day on, until which one, when, and how
EXPECTED = pa.schema(
    [
        ("platform", pa.string()),
        ("stream", pa.string()),
        ("account_key", pa.string()),
        ("first_day", pa.date32()),
        ("active_to", pa.date32()),
        ("is_required", pa.bool_()),
        ("deadline_at", pa.time64("us")),
        ("is_whole_day", pa.bool_()),
    ]
)

# of several slices with one key those with rows count, and of them the newest
_QUERY = f"""
with expected as (
    select
        source.* exclude (first_day, active_to, deadline_at),
        day.dt,
        timezone('Asia/Shanghai', day.dt + 1 + time '00:00') as day_ends_at,
        source.deadline_at as deadline_time
    from expected_source as source
    inner join day_to_tell as day
        on
            day.dt >= source.first_day
            and day.dt <= coalesce(source.active_to, day.dt)
),

winners as (
    {first_of_each("current_slice", "rows > 0 desc, committed_at desc, batch_id desc")}
),

attempts as (
    select {KEY}, status, rows, batch_id, committed_at, error
    from (select * from ending semi join day_to_tell using (dt)) as ending
    anti join winners using ({KEY})
    qualify row_number() over (partition by {KEY} order by {NEWEST}) = 1
),

ended as (
    select
        {KEY},
        status,
        rows,
        batch_id,
        committed_at,
        cast(null as varchar) as error,
        cast(captured_at as timestamptz) as captured_at
    from winners
    union all
    select *, cast(null as timestamptz) as captured_at
    from attempts
),

told as (
    select
        expected.*,
        ended.* exclude ({KEY}, status),
        -- what such a reading brought counts; that nothing else was cannot be said
        coalesce(
            not expected.is_whole_day
            and ended.captured_at < expected.day_ends_at - $last_hour,
            false
        ) as is_cut,
        case when is_cut then 'missing' else coalesce(ended.status, 'missing') end as status,
        timezone('Asia/Shanghai', expected.dt + 1 + expected.deadline_time) as deadline_at
    from expected
    left join ended using ({KEY})
)

select
    platform,
    stream,
    account_key,
    dt as stat_date,
    status,
    coalesce(rows, 0) as rows,
    cast(committed_at as timestamptz) as landed_at,
    batch_id,
    case
        when is_cut
            then 'captured until '
                || strftime(timezone('Asia/Shanghai', captured_at), '%H:%M') || ' only'
        else error
    end as error,
    is_required,
    status not in ({sql_list(ENDED)}) and $now >= deadline_at as is_late,
    deadline_at
from told
"""
_OPEN = f"""
select distinct stat_date
from lake.source_day
where status not in ({sql_list(ENDED)}) and not is_late
"""


def source_day_table(
    site: Site,
    state: LakeState,
    as_of: date,
    expected: pa.Table,
    slices: pa.Table,
    days: Collection[date] | None = None,
) -> pa.Table:
    """Return one row per expected (stream, account, day) up to the as-of day, or of some days.

    expected is shaped as EXPECTED; slices are the current ones of these days.
    """
    first = min(expected["first_day"].to_pylist(), default=as_of)
    told = [day for day in days_between(first, as_of) if days is None or day in days]
    state.tables.register("expected_source", expected)
    state.tables.register("day_to_tell", pa.table({"dt": pa.array(told, pa.date32())}))
    state.tables.register("current_slice", slices)
    named = {"now": site.settings.clock(), "last_hour": LAST_HOUR}
    return state.tables.execute(_QUERY, named).to_arrow_table().cast(SOURCE_DAY)


def open_days(database: Any) -> set[date]:
    """Return the days of lake.source_day on which something may yet become late."""
    return {day for (day,) in database.execute(_OPEN).fetchall()}


def expected_sources(site: Site, landed: Mapping[Source, date]) -> pa.Table:
    """Return which streams of which accounts are expected, shaped as EXPECTED.

    landed: the first day with a current slice of each source that has one.
    """
    return pa.Table.from_pylist(list(_expected(site, landed)), schema=EXPECTED)


def _expected(site: Site, landed: Mapping[Source, date]) -> Iterator[dict[str, Any]]:
    starts = account_starts(site, landed)
    for platform, stream in site.streams:
        of_stream = {a for name, of, a in landed if (name, of) == (platform.name, stream.name)}
        for account in site.own_accounts:
            if account.key in starts and feeds(platform, stream, account, of_stream):
                yield {
                    "platform": platform.name,
                    "stream": stream.name,
                    "account_key": account.key,
                    "first_day": starts[account.key],
                    "active_to": account.active_to,
                    "is_required": stream.is_required,
                    "deadline_at": stream.deadline_at,
                    "is_whole_day": stream.every_minutes is None,
                }
