select
    account_key,
    cast(item_id as string) as post_id,
    cast(play as bigint) as plays,
    cast({{ adapter.quote('like') }} as bigint) as likes,
    cast(comment as bigint) as comments,
    cast(share as bigint) as shares,
    cast(date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__video_days') }}
