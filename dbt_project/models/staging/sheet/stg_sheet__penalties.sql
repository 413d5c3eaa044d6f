select
    account_key,
    penalty_id,
    nullif(post_id, '') as post_id,
    case kind
        when '警告' then 'warning'
        when '限流' then 'throttled'
        when '下架' then 'removed'
        when '禁言' then 'muted'
        when '封号' then 'banned'
        when '其他' then 'other'
    end as kind,
    found_at,
    removed_at,
    closed_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__penalties') }}
