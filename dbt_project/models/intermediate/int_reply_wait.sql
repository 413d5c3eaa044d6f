-- how long an item that needs a reply waited for a person's: the waits of first_reply_*, calendar
select
    account_key,
    {{ shanghai_date('inbound_at') }} as stat_date,
    {{ shanghai_date('first_human_reply_at') }} as ended_on,
    {{ seconds_between('inbound_at', 'first_human_reply_at') }} as seconds
from {{ ref('fct_reply_item') }}
