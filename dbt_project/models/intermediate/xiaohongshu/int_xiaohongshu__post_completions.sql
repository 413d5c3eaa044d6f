-- how often the cover was clicked: the export gives a rate of what was shown until its day
select
    account_key,
    post_id,
    stat_date,
    {{ not_offered([
        'plays_total', 'completed_plays_total', 'plays_5s_total', 'plays_of_5s_total',
        'bounces_2s_total', 'plays_of_2s_total', 'watch_seconds_total', 'plays_of_watch_total',
    ]) }},
    {{ not_offered([
        'finished_reads_total', 'reads_of_finish_total', 'message_readers_total', 'delivered_total',
    ], 'double') }},
    cover_click_rate * impressions_total as cover_clicks_total,
    cast(impressions_total as double) as impressions_of_cover_total
from {{ ref('stg_xiaohongshu__note_export') }}
where
    cover_click_rate is not null
    and impressions_total is not null
