select
    account_key,
    cast(chat_total as bigint) as communities,
    cast(member_total as bigint) as members,
    cast(new_chat_cnt as bigint) as new_communities,
    cast(new_member_cnt as bigint) as joined,
    cast(chat_has_msg as bigint) as active_communities_total,
    cast(member_has_msg as bigint) as speakers_total,
    cast(msg_total as bigint) as messages_total,
    {{ shanghai_date('stat_time') }} as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wecom__group_days') }}
