-- how far articles are read: the platform gives a rate of an article's readers until a day. Of those
-- that were sent out it tells which share of the receivers read them from the message
with message_readers as (
    select
        account_key,
        post_id,
        stat_date,
        max(read_users_total) as read_users_total
    from {{ ref('stg_wechat__article_total_scenes') }}
    where scene = '公众号消息'
    group by account_key, post_id, stat_date
),

told as (
    select
        totals.account_key,
        totals.post_id,
        totals.stat_date,
        totals.read_users_total,
        totals.read_finish_rate,
        totals.read_delivery_rate,
        case
            when totals.publish_type = 0 and totals.read_delivery_rate > 0
                then message_readers.read_users_total
        end as message_readers_total
    from {{ ref('stg_wechat__article_totals') }} as totals
    left join message_readers
        on
            totals.account_key = message_readers.account_key
            and totals.post_id = message_readers.post_id
            and totals.stat_date = message_readers.stat_date
)

select
    account_key,
    post_id,
    stat_date,
    {{ not_offered([
        'plays_total', 'completed_plays_total', 'plays_5s_total', 'plays_of_5s_total',
        'bounces_2s_total', 'plays_of_2s_total', 'watch_seconds_total', 'plays_of_watch_total',
    ]) }},
    read_finish_rate * read_users_total as finished_reads_total,
    case when read_finish_rate is not null then cast(read_users_total as double) end as reads_of_finish_total,
    cast(message_readers_total as double) as message_readers_total,
    message_readers_total / read_delivery_rate as delivered_total,
    {{ not_offered(['cover_clicks_total', 'impressions_of_cover_total'], 'double') }}
from told
where
    (read_finish_rate is not null and read_users_total is not null)
    or message_readers_total is not null
