select
    account_key,
    cast(item_id as string) as post_id,
    -- the platform hides play counts of some videos: it writes 0 beside other counters above 0
    case
        when
            play_count = 0
            and greatest(
                coalesce(digg_count, 0),
                coalesce(comment_count, 0),
                coalesce(share_count, 0),
                coalesce(forward_count, 0),
                coalesce(download_count, 0)
            ) > 0
            then cast(null as bigint)
        else cast(play_count as bigint)
    end as plays_total,
    cast(digg_count as bigint) as likes_total,
    cast(comment_count as bigint) as comments_total,
    cast(share_count as bigint) as shares_total,
    cast(forward_count as bigint) as forwards_total,
    cast(download_count as bigint) as downloads_total,
    cast(avg_play_duration as double) as avg_play_seconds,
    cast(dt as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__video_totals') }}
