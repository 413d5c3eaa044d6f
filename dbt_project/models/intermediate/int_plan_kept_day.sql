-- planned posts that went out, on the day they were planned for, known from the day they were out
with kept as (
    select
        planned.planned_key,
        planned.account_key,
        {{ shanghai_date('planned.planned_at') }} as stat_date,
        greatest({{ shanghai_date('planned.planned_at') }}, posts.published_on) as known_on
    from {{ ref('int_planned_post_union') }} as planned
    inner join {{ ref('dim_post') }} as posts
        on planned.post_key = posts.post_key
    where
        planned.planned_at < {{ end_of_as_of_date() }}
        and posts.published_on is not null
)

select
    account_key,
    stat_date,
    known_on,
    cast(count(planned_key) as bigint) as published_posts
from kept
group by account_key, stat_date, known_on
