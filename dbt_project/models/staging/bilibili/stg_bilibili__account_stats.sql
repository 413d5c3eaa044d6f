select
    account_key,
    cast(follower as bigint) as followers,
    cast(following as bigint) as following,
    cast(arc_passed_total as bigint) as posts_total,
    cast(dt as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'bilibili__account_stats') }}
