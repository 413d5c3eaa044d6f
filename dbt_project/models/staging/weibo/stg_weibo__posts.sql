select
    account_key,
    cast(idstr as string) as post_id,
    nullif(text, '') as title,
    'image_text' as content_form,
    created_at as published_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'weibo__posts') }}
