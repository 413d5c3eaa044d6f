select
    planned_key,
    brand_key,
    account_key,
    planned_at,
    content_form,
    content_topic,
    review_verdict,
    reviewed_at,
    reviewer,
    post_key
from {{ ref('int_planned_post_union') }}
