select
    account_key,
    stat_date,
    {{ not_offered(['dms_received']) }},
    dm_conversations,
    dms_replied
from {{ ref('stg_sheet__account_days') }}
where
    dm_conversations is not null
    or dms_replied is not null
