select
    account_key,
    cast(comment_id as string) as comment_id,
    cast(item_id as string) as post_id,
    {{ present_id('parent_comment_id') }} as parent_comment_id,
    comment_user_id as author_key,
    coalesce(top, false) as is_pinned,
    coalesce(is_brand, false) as is_brand,
    coalesce(is_emoji_only, false) as is_emoji_only,
    cast(content_length as bigint) as content_length,
    cast(digg_count as bigint) as likes_total,
    cast(reply_comment_total as bigint) as replies_total,
    create_time as commented_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__comments') }}
