select
    account_key,
    post_id,
    title,
    content_form,
    url,
    is_deleted,
    cast(null as double) as duration_seconds,  -- not offered
    {{ shanghai_date('published_at') }} as published_on,
    published_at
from {{ ref('stg_douyin__videos') }}
