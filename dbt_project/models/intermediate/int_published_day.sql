{{ config(materialized='table') }}

-- what an account published on a day, by the day of publication: what is deleted since was published
{% set windows = var('cadence_windows') -%}

with posts as (
    select
        posts.post_key,
        posts.account_key,
        posts.published_on,
        posts.published_at,
        posts.content_form,
        posts.is_original,
        {{ shanghai_seconds('posts.published_at') }} as second_of_day
    from {{ ref('dim_post') }} as posts
    where posts.published_on is not null
),

-- reviewed: a calendar row of the post was approved before it went out; of a post of which only the
-- day is known (an article that was edited since), until that day was over
approved as (
    select distinct posts.post_key
    from posts
    inner join {{ ref('int_planned_post_union') }} as planned
        on posts.post_key = planned.post_key
    where
        planned.review_verdict = 'passed'
        and planned.reviewed_at <= coalesce(
            posts.published_at, {{ shanghai_midnight(add_days('posts.published_on', 1)) }}
        )
),

placed as (
    select
        posts.post_key,
        posts.account_key,
        posts.published_on,
        posts.content_form,
        posts.is_original,
        approved.post_key is null as is_unreviewed,
        case
            {%- for window in windows %}
            when
                posts.second_of_day >= {{ window.since * 60 }}
                and posts.second_of_day < {{ window.until * 60 }}
                then {{ loop.index }}
            {%- endfor %}
        end as cadence_window
    from posts
    left join approved
        on posts.post_key = approved.post_key
),

days as (
    select
        account_key,
        published_on as stat_date,
        cast(count(post_key) as bigint) as posts,
        cast(sum(case when is_original then 1 else 0 end) as bigint) as original_posts,
        {%- for form in ['video', 'image_text', 'article'] %}
        cast(sum(case when content_form = '{{ form }}' then 1 else 0 end) as bigint) as {{ form }}_posts,
        {%- endfor %}
        cast(count(is_original) as bigint) as posts_of_known_origin,
        cast(sum(case when is_unreviewed then 1 else 0 end) as bigint) as unreviewed_posts,
        cast(count(cadence_window) as bigint) as peak_posts,
        count(distinct cadence_window) as windows_used
    from placed
    group by account_key, published_on
)

select
    account_key,
    stat_date,
    posts,
    original_posts,
    video_posts,
    image_text_posts,
    article_posts,
    posts_of_known_origin,
    unreviewed_posts,
    peak_posts,
    case
        when
            posts between {{ var('cadence_posts_a_day')[0] }} and {{ var('cadence_posts_a_day')[1] }}
            and windows_used = {{ windows | length }}
            then 1
        else 0
    end as is_on_cadence
from days
