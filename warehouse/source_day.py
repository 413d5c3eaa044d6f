"""The table lake.source_day: how every expected slice up to the as-of day has ended."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa

from extractors.core.asking import LAST_HOUR
from extractors.core.landed import NEWEST, sql_list
from warehouse.asof import account_starts, feeds
from warehouse.site import Site
from warehouse.slices import KEY, LakeState, first_of_each

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

_EXPECTED = pa.schema(
    [
        ("platform", pa.string()),
        ("stream", pa.string()),
        ("account_key", pa.string()),
        ("first_day", pa.date32()),
        ("last_day", pa.date32()),
        ("is_required", pa.bool_()),
        ("deadline_at", pa.time64("us")),
        ("is_whole_day", pa.bool_()),
    ]
)

# of several slices with one key those with rows count, and of them the newest
_QUERY = f"""
with expected as (
    select
        * exclude (first_day, last_day, deadline_at),
        cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as dt,
        timezone('Asia/Shanghai', dt + 1 + time '00:00') as day_ends_at,
        deadline_at as deadline_time
    from expected_of
),

counting as (
    select *
    from winner
    where dt <= $as_of
),

winners as (
    {first_of_each("counting", f"rows > 0 desc, {NEWEST}")}
),

attempts as (
    select {KEY}, status, rows, batch_id, committed_at, error
    from ending
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
order by platform, stream, account_key, stat_date
"""


def source_day_table(site: Site, state: LakeState, as_of: date) -> pa.Table:
    """Return one row per expected (stream, account, day) up to the as-of day."""
    expected = pa.Table.from_pylist(list(_expected(site, state, as_of)), schema=_EXPECTED)
    state.tables.register("expected_of", expected)
    named = {"as_of": as_of, "now": site.settings.clock(), "last_hour": LAST_HOUR}
    return state.tables.execute(_QUERY, named).to_arrow_table().cast(SOURCE_DAY)


def _expected(site: Site, state: LakeState, as_of: date) -> Iterator[dict[str, Any]]:
    starts = account_starts(site, state.first_days(as_of))
    landed = state.accounts(as_of)
    for platform, stream in site.streams:
        of_stream = landed.get((platform.name, stream.name), set())
        for account in site.own_accounts:
            if account.key in starts and feeds(platform, stream, account, of_stream):
                yield {
                    "platform": platform.name,
                    "stream": stream.name,
                    "account_key": account.key,
                    "first_day": starts[account.key],
                    "last_day": min(as_of, account.active_to or as_of),
                    "is_required": stream.is_required,
                    "deadline_at": stream.deadline_at,
                    "is_whole_day": stream.every_minutes is None,
                }
