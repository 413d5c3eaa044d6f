select
    account_key,
    cast(id as string) as post_id,
    cast(comments as bigint) as comments_total,
    cast(reposts as bigint) as shares_total,
    cast(attitudes as bigint) as likes_total,
    cast(dt as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'weibo__post_counts') }}
