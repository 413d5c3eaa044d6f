select
    account_key,
    coalesce(is_delay, false) as is_delayed,
    cast(read_user as bigint) as read_users,
    cast(like_user as bigint) as likes,  -- the thumb
    cast(zaikan_user as bigint) as wows,  -- the heart
    cast(comment_count as bigint) as comments,
    cast(share_user as bigint) as shares,
    cast(collection_user as bigint) as saves,
    cast(redirect_ori_page_user as bigint) as original_page_users,
    cast(send_page_count as bigint) as posts_published,
    cast(ref_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__biz_summary') }}
