select
    platform,
    stream,
    account_key,
    stat_date,
    status,
    "rows",
    landed_at,
    batch_id,
    error
from {{ source('lake', 'source_day') }}
