-- the same waits in business hours
select
    account_key,
    {{ shanghai_date('inbound_at') }} as stat_date,
    {{ shanghai_date('first_human_reply_at') }} as ended_on,
    {{ business_seconds_between('inbound_at', 'first_human_reply_at') }} as seconds
from {{ ref('fct_reply_item') }}
