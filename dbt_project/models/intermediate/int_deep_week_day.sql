-- the ISO weeks of an account, each on its Thursday and known when it is over: whether as many deep
-- articles went out as the rhythm asks for. The calendar's tag says which are deep
with weeks as (
    select
        account_key,
        stat_date,
        {{ add_days('stat_date', -3) }} as monday,
        {{ add_days('stat_date', 3) }} as sunday
    from {{ ref('int_account_date') }}
    where
        {{ iso_weekday('stat_date') }} = 4
        and {{ add_days('stat_date', 3) }} <= {{ as_of_date() }}
),

deep_posts as (
    select distinct
        posts.post_key,
        posts.account_key,
        posts.published_on
    from {{ ref('dim_post') }} as posts
    inner join {{ ref('int_planned_post_union') }} as planned
        on posts.post_key = planned.post_key
    where
        planned.content_form in ({{ quoted(var('deep_tags')) }})
        or planned.content_topic in ({{ quoted(var('deep_tags')) }})
),

counted as (
    select
        weeks.account_key,
        weeks.stat_date,
        weeks.sunday,
        count(deep_posts.post_key) as deep_articles
    from weeks
    left join deep_posts
        on
            weeks.account_key = deep_posts.account_key
            and deep_posts.published_on between weeks.monday and weeks.sunday
    group by weeks.account_key, weeks.stat_date, weeks.sunday
)

select
    account_key,
    stat_date,
    sunday as known_on,
    cast(deep_articles as bigint) as deep_articles,
    case
        when deep_articles between {{ var('deep_articles_a_week')[0] }} and {{ var('deep_articles_a_week')[1] }}
            then 1
        else 0
    end as is_on_cadence
from counted
