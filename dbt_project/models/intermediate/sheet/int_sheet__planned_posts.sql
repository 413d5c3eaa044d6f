select
    account_key,
    planned_id,
    content_form,
    content_topic,
    is_original,
    review_verdict,
    reviewer,
    post_id,
    planned_at,
    reviewed_at
from {{ ref('stg_sheet__content_calendar') }}
