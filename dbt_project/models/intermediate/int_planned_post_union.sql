with planned as (
    {{ union_of('planned_posts', [
        'account_key', 'planned_id', 'content_form', 'content_topic', 'is_original',
        'review_verdict', 'reviewer', 'post_id', 'planned_at', 'reviewed_at',
    ]) }}
)

select
    planned.account_key || '/' || planned.planned_id as planned_key,
    planned.account_key,
    accounts.brand_key,
    planned.content_form,
    planned.content_topic,
    planned.is_original,
    planned.review_verdict,
    planned.reviewer,
    planned.account_key || '/' || planned.post_id as post_key,
    planned.planned_at,
    planned.reviewed_at
from planned
inner join {{ source('config', 'account') }} as accounts
    on planned.account_key = accounts.account_key
