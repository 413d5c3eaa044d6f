select
    account_key,
    cast(idstr as string) as comment_id,
    cast(status_id as string) as post_id,
    nullif(parent_id, '') as parent_comment_id,
    coalesce(is_brand, false) as is_brand,
    cast(content_length as bigint) as content_length,
    coalesce(is_emoji_only, false) as is_emoji_only,
    created_at as commented_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'weibo__comments') }}
