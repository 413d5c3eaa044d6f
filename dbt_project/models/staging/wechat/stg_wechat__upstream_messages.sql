select
    account_key,
    cast(msg_type as string) as message_type,
    cast(msg_user as bigint) as message_users,
    cast(msg_count as bigint) as messages,
    cast(ref_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__upstream_messages') }}
