select
    account_key,
    -- the platform numbers comments within an article
    post_id || '_' || comment_id as comment_id,
    post_id,
    author_key,
    false as is_brand,  -- the account answers inside the comment it answers
    not is_emoji_only as needs_reply,
    commented_at,
    replied_at as first_reply_at
from {{ ref('stg_wechat__comments') }}
