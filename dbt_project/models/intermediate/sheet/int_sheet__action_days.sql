select
    account_key,
    channel,
    action,
    actions,
    clicks,
    stat_date
from {{ ref('stg_sheet__actions') }}
