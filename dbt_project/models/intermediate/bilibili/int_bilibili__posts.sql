select
    account_key,
    post_id,
    title,
    content_form,
    url,
    is_deleted,
    cast(duration_seconds as double) as duration_seconds,
    {{ shanghai_date('published_at') }} as published_on,
    published_at
from {{ ref('stg_bilibili__videos') }}
