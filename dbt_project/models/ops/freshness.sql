with newest as (
    select
        platform,
        stream,
        account_key,
        max(case when status in ('ok', 'empty') then stat_date end) as watermark,
        max(case when stat_date = {{ as_of_date() }} then deadline_at end) as deadline_at,
        max(case when stat_date = {{ as_of_date() }} and is_late then 1 else 0 end) = 1 as is_late
    from {{ source('lake', 'source_day') }}
    group by platform, stream, account_key
)

select
    platform,
    stream,
    account_key,
    watermark,
    deadline_at,
    is_late
from newest
