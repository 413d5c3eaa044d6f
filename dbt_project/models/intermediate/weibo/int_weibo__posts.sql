select
    account_key,
    post_id,
    title,
    content_form,
    cast(null as string) as url,  -- not offered
    false as is_deleted,  -- the list is capped: absence says nothing
    cast(null as double) as duration_seconds,  -- not offered
    {{ shanghai_date('published_at') }} as published_on,
    published_at
from {{ ref('stg_weibo__posts') }}
