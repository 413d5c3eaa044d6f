select
    account_key,
    cast(date as date) as stat_date,
    cast(total_fans as bigint) as followers,
    cast(new_fans as bigint) as new_followers,
    cast(profile_uv as bigint) as profile_visits,
    cast(new_play as bigint) as plays,
    cast(new_like as bigint) as likes,
    cast(new_comment as bigint) as comments,
    cast(new_share as bigint) as shares,
    cast(new_issue as bigint) as posts_published,
    cast(total_issue as bigint) as posts_published_total,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__account_days') }}
