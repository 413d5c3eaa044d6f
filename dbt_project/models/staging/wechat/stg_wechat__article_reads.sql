select
    account_key,
    cast(msgid as string) as post_id,
    coalesce(is_delay, false) as is_delayed,
    cast(read_user as bigint) as read_users,
    cast(ref_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__article_reads') }}
