select
    account_key,
    cast(followers_count as bigint) as followers,
    cast(friends_count as bigint) as following,
    cast(statuses_count as bigint) as posts_total,
    cast(dt as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'weibo__account_counts') }}
