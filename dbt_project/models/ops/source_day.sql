{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='source_day',
) }}

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
where {{ only_changed('stat_date', 'source_day') }}
