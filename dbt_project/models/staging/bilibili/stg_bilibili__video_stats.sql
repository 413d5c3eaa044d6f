select
    account_key,
    cast(resource_id as string) as post_id,
    cast({{ adapter.quote('view') }} as bigint) as plays_total,
    cast(danmaku as bigint) as danmaku_total,
    cast(reply as bigint) as comments_total,
    cast(favorite as bigint) as saves_total,
    cast(coin as bigint) as coins_total,
    cast(share as bigint) as shares_total,
    cast({{ adapter.quote('like') }} as bigint) as likes_total,
    greatest({{ adapter.quote('view') }}, danmaku, reply, favorite, coin, share, {{ adapter.quote('like') }}) = 0 as is_zero,
    ptime as published_at,
    cast(dt as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'bilibili__video_stats') }}
