with slices as (
    select
        platform,
        stream,
        account_key,
        stat_date,
        status in ('ok', 'empty') as is_read,
        coalesce(is_required, false) as is_required
    from {{ source('lake', 'source_day') }}
),

required_streams as (
    select
        platform,
        account_key,
        stat_date,
        min(case when is_read then 1 else 0 end) = 1 as is_read
    from slices
    where is_required
    group by platform, account_key, stat_date
)

select
    slices.platform as source_platform,
    slices.stream as source_stream,
    slices.account_key,
    slices.stat_date
from slices
left join required_streams
    on
        slices.platform = required_streams.platform
        and slices.account_key = required_streams.account_key
        and slices.stat_date = required_streams.stat_date
where
    slices.is_read
    and coalesce(required_streams.is_read, true)
