select
    account_key,
    cast(msgid as string) as post_id,
    cast(publish_type as bigint) as publish_type,
    nullif(title, '') as title,
    content_url as url,
    coalesce(is_delay, false) as is_delayed,
    cast(read_user as bigint) as read_users_total,
    cast(like_user as bigint) as likes_total,  -- the thumb
    cast(zaikan_user as bigint) as wows_total,  -- the heart
    cast(comment_count as bigint) as comments_total,
    cast(share_user as bigint) as shares_total,
    cast(collection_user as bigint) as saves_total,
    cast(read_subscribe_user as bigint) as read_subscribers_total,
    cast(read_delivery_rate as double) as read_delivery_rate,
    cast(read_finish_rate as double) as read_finish_rate,
    cast(read_avg_activetime as double) * 60 as avg_read_seconds,
    cast(praise_money as bigint) as praise_fen_total,
    cast(ref_date as date) as published_on,
    cast(stat_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__article_totals') }}
