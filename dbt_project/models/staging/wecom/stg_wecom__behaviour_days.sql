select
    account_key,
    userid as employee_key,
    cast(chat_cnt as bigint) as conversations,
    cast(message_cnt as bigint) as messages_sent,
    cast(negative_feedback_cnt as bigint) as lost_contacts,
    cast(new_apply_cnt as bigint) as contact_requests,
    cast(new_contact_cnt as bigint) as new_contacts,
    cast(reply_percentage as double) / 100 as reply_rate,
    cast(avg_reply_time as double) * 60 as mean_reply_seconds,
    {{ shanghai_date('stat_time') }} as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wecom__behaviour_days') }}
