select
    platform as source_platform,
    stream as source_stream,
    account_key,
    stat_date
from {{ source('lake', 'source_day') }}
where status in ('ok', 'empty')
