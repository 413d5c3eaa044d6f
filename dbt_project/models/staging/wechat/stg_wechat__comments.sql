select
    account_key,
    -- this endpoint counts articles from 0, the statistics from 1
    cast(msg_data_id as string) || '_' || cast({{ adapter.quote('index') }} + 1 as string) as post_id,
    cast(user_comment_id as string) as comment_id,
    openid as author_key,
    cast(comment_type as string) as comment_type,
    coalesce(is_emoji_only, false) as is_emoji_only,
    cast(content_length as bigint) as content_length,
    create_time as commented_at,
    reply_create_time as replied_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__comments') }}
