select
    platform,
    stream,
    account_key,
    stat_date,
    status,
    {{ adapter.quote('rows') }},
    landed_at,
    batch_id,
    error
from {{ source('lake', 'source_day') }}
