select
    account_key,
    cast(item_id as varchar) as post_id,
    cast(play as bigint) as plays,
    cast("like" as bigint) as likes,
    cast(comment as bigint) as comments,
    cast(share as bigint) as shares,
    cast(date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__video_days') }}
