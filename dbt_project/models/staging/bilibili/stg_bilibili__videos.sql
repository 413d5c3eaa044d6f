select
    account_key,
    cast(resource_id as string) as post_id,
    nullif(title, '') as title,
    'video' as content_form,
    nullif(share_url, '') as url,
    copyright = 1 as is_original,
    cast(duration as bigint) as duration_seconds,
    not coalesce(_is_listed, true) as is_deleted,
    ptime as published_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'bilibili__videos') }}
