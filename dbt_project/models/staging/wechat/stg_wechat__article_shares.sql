select
    account_key,
    cast(msgid as string) as post_id,
    coalesce(is_delay, false) as is_delayed,
    cast(share_user as bigint) as shares,
    cast(ref_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__article_shares') }}
