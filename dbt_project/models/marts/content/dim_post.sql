select
    post_key,
    account_key,
    brand_key,
    platform,
    post_id,
    published_at,
    published_on,
    {{ shanghai_hour('published_at') }} as published_hour,
    content_form,
    cast(null as varchar) as content_topic,  -- comes with the content calendar
    title,
    cast(null as boolean) as is_original,  -- comes with the content calendar
    is_deleted,
    cast(null as double) as duration_seconds,  -- not offered
    url,
    cast(null as varchar) as planned_key  -- comes with the content calendar
from {{ ref('int_post_union') }}
