select
    account_key,
    -- the export names no id: publish minute and title tie a row to its video
    nullif(title, '') as title,
    case form
        when '视频' then 'video'
        when '图文' then 'image_text'
    end as content_form,
    nullif(review_status, '') as review_status,
    cast(plays as bigint) as plays_total,
    cast(likes as bigint) as likes_total,
    cast(shares as bigint) as shares_total,
    cast(comments as bigint) as comments_total,
    cast(saves as bigint) as saves_total,
    cast(profile_visits as bigint) as profile_visits_total,
    cast(new_followers as bigint) as new_followers_total,
    cast(completion_rate as double) as completion_rate,
    cast(completion_5s_rate as double) as completion_5s_rate,
    cast(cover_click_rate as double) as cover_click_rate,
    cast(bounce_2s_rate as double) as bounce_2s_rate,
    cast(avg_play_seconds as double) as avg_play_seconds,
    cast(exported_on as date) as stat_date,
    published_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__creator_export') }}
