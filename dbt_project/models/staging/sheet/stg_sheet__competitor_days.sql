select
    account_key,
    competitor,
    nullif(provider, '') as provider,
    case is_estimate when '是' then true when '否' then false end as is_estimate,
    cast(followers as bigint) as followers,
    cast(posts_published as bigint) as posts_published,
    cast(likes as bigint) as likes,
    cast(comments as bigint) as comments,
    cast(shares as bigint) as shares,
    stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__competitor_days') }}
