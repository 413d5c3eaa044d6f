-- the export names no id: a row is the video of its publish minute, by its title where that minute
-- has several. What stays open is left out: a rate must not stand at another video
with videos as (
    select
        account_key,
        post_id,
        title,
        date_trunc('minute', published_at) as published_minute,
        count(*) over (
            partition by account_key, date_trunc('minute', published_at)
        ) as videos_of_minute
    from {{ ref('stg_douyin__videos') }}
),

exported as (
    select
        account_key,
        title,
        stat_date,
        plays_total,
        completion_rate,
        completion_5s_rate,
        bounce_2s_rate,
        avg_play_seconds,
        date_trunc('minute', published_at) as published_minute,
        count(*) over (
            partition by account_key, stat_date, date_trunc('minute', published_at)
        ) as works_of_minute
    from {{ ref('stg_douyin__creator_export') }}
),

matched as (
    select
        videos.account_key,
        videos.post_id,
        exported.stat_date,
        exported.plays_total,
        exported.completion_rate,
        exported.completion_5s_rate,
        exported.bounce_2s_rate,
        exported.avg_play_seconds,
        count(*) over (
            partition by videos.account_key, videos.post_id, exported.stat_date
        ) as works_of_video,
        count(*) over (
            partition by
                exported.account_key, exported.stat_date, exported.published_minute, exported.title
        ) as videos_of_work
    from exported
    inner join videos
        on
            exported.account_key = videos.account_key
            and exported.published_minute = videos.published_minute
            and (
                exported.title = videos.title
                or (exported.works_of_minute = 1 and videos.videos_of_minute = 1)
            )
)

select
    account_key,
    post_id,
    stat_date,
    plays_total,
    -- the export gives a rate: completed plays are as exact as its decimals
    cast(round(completion_rate * plays_total) as bigint) as completed_plays_total,
    {%- for rate, count, name in [
        ('completion_5s_rate', 'plays_5s_total', '5s'),
        ('bounce_2s_rate', 'bounces_2s_total', '2s'),
    ] %}
    cast(round({{ rate }} * plays_total) as bigint) as {{ count }},
    case when {{ rate }} is not null then plays_total end as plays_of_{{ name }}_total,
    {%- endfor %}
    avg_play_seconds * plays_total as watch_seconds_total,
    case when avg_play_seconds is not null then plays_total end as plays_of_watch_total,
    {{ not_offered([
        'finished_reads_total', 'reads_of_finish_total', 'message_readers_total', 'delivered_total',
        'cover_clicks_total', 'impressions_of_cover_total',
    ], 'double') }}
from matched
where
    works_of_video = 1
    and videos_of_work = 1
    and completion_rate is not null
    and plays_total is not null
