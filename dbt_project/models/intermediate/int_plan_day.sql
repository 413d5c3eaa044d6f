-- planned posts on the day they were planned for
select
    account_key,
    {{ shanghai_date('planned_at') }} as stat_date,
    cast(count(planned_key) as bigint) as planned_posts
from {{ ref('int_planned_post_union') }}
where planned_at < {{ end_of_as_of_date() }}
group by account_key, {{ shanghai_date('planned_at') }}
