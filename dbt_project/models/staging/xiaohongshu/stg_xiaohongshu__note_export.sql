select
    account_key,
    -- the export names no id: publish time and title are all that tells two notes apart
    {{ shanghai_digits('published_at') }} || '-' || left(md5(coalesce(title, '')), 6) as post_id,
    nullif(title, '') as title,
    case form
        when '图文' then 'image_text'
        when '视频' then 'video'
    end as content_form,
    cast(impressions as bigint) as impressions_total,
    cast(views as bigint) as views_total,
    cast(likes as bigint) as likes_total,
    cast(comments as bigint) as comments_total,
    cast(saves as bigint) as saves_total,
    cast(shares as bigint) as shares_total,
    cast(danmaku as bigint) as danmaku_total,
    cast(new_followers as bigint) as new_followers_total,
    cast(cover_click_rate as double) as cover_click_rate,
    cast(avg_watch_seconds as double) as avg_watch_seconds,
    cast(exported_on as date) as stat_date,
    published_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'xiaohongshu__note_export') }}
