-- of several calendar rows that name one post, the one planned last
with ranked as (
    select
        post_key,
        planned_key,
        content_topic,
        is_original,
        row_number() over (
            partition by post_key
            order by planned_at desc, planned_key desc
        ) as place
    from {{ ref('int_planned_post_union') }}
    where post_key is not null
),

planned as (
    select
        post_key,
        planned_key,
        content_topic,
        is_original
    from ranked
    where place = 1
)

select
    posts.post_key,
    posts.account_key,
    posts.brand_key,
    posts.platform,
    posts.post_id,
    posts.published_at,
    posts.published_on,
    {{ shanghai_hour('posts.published_at') }} as published_hour,
    posts.content_form,
    planned.content_topic,
    posts.title,
    planned.is_original,
    posts.is_deleted,
    posts.duration_seconds,
    posts.url,
    planned.planned_key
from {{ ref('int_post_union') }} as posts
left join planned
    on posts.post_key = planned.post_key
