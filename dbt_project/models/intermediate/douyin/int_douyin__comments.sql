with comments as (
    select
        account_key,
        comment_id,
        post_id,
        parent_comment_id,
        author_key,
        is_brand,
        is_emoji_only,
        commented_at
    from {{ ref('stg_douyin__comments') }}
),

brand_replies as (
    select
        account_key,
        parent_comment_id,
        min(commented_at) as first_reply_at
    from comments
    where
        is_brand
        and parent_comment_id is not null
    group by account_key, parent_comment_id
)

select
    comments.account_key,
    comments.comment_id,
    comments.post_id,
    comments.author_key,
    comments.is_brand,
    comments.parent_comment_id is null
    and not comments.is_brand
    and not comments.is_emoji_only as needs_reply,
    comments.commented_at,
    brand_replies.first_reply_at
from comments
left join brand_replies
    on
        comments.account_key = brand_replies.account_key
        and comments.comment_id = brand_replies.parent_comment_id
