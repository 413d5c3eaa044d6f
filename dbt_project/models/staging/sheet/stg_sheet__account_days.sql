select
    account_key,
    cast(followers as bigint) as followers,
    cast(new_followers as bigint) as new_followers,
    cast(unfollows as bigint) as unfollows,
    cast(active_users as bigint) as active_users,
    cast(profile_visits as bigint) as profile_visits,
    cast(impressions as bigint) as impressions,
    cast(plays as bigint) as plays,
    cast(reads as bigint) as reads,
    cast(likes as bigint) as likes,
    cast(comments as bigint) as comments,
    cast(shares as bigint) as shares,
    cast(saves as bigint) as saves,
    cast(posts_published as bigint) as posts_published,
    cast(stat_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__account_days') }}
