{% set counters = engagement_counters() -%}

-- a post whose publication has been told otherwise since its months were added up
with moved as (
    select distinct months.post_key
    from {{ ref('int_post_month') }} as months
    inner join {{ ref('dim_post') }} as posts
        on months.post_key = posts.post_key
    where months.published_on is distinct from posts.published_on
),

post_months as (
    select {{ prefixed('months', post_month_columns()) }}
    from {{ ref('int_post_month') }} as months
    left join moved
        on months.post_key = moved.post_key
    where moved.post_key is null

    union all

    select {{ post_month_columns() | join(', ') }}
    from {{ post_months('days.post_key in (select moved.post_key from moved)') }} as added_up
),

-- the first N days count when they are over and every one of them is covered; totals are of the
-- newest day that tells likes, or else of the newest day
until_now as (
    select
        post_key,
        cast(sum(plays) as bigint) as plays,
        cast(sum(completed_plays) as bigint) as completed_plays,
        coalesce(max(case when has_likes then month_on end), max(month_on)) as newest_month_on,
        {%- for days in first_days() %}
        case
            when sum(covered_first_{{ days }}_days) = {{ days }}
                then cast(sum(exposures_first_{{ days }}_days) as bigint)
        end as exposures_first_{{ days }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from post_months
    group by post_key
),

-- where a source knows completion as a total only, its newest one and the plays it is a share of
told_completions as (
    {{ union_of('post_completions', [
        'account_key', 'post_id', 'stat_date', 'plays_total', 'completed_plays_total',
    ]) }}
),

completions as (
    select
        posts.post_key,
        told.plays_total,
        told.completed_plays_total,
        row_number() over (partition by posts.post_key order by told.stat_date desc) as newest_first
    from told_completions as told
    inner join {{ ref('dim_post') }} as posts
        on
            told.account_key = posts.account_key
            and told.post_id = posts.post_id
    where told.stat_date <= {{ as_of_date() }}
),

with_engagements as (
    select
        posts.post_key,
        {%- for counter in counters %}
        newest.{{ counter }}_total,
        {%- endfor %}
        newest.exposures_total,
        {{ sum_by_platform('posts.platform', engagement_by_platform(), 'newest.', '_total') }} as engagements_total,
        coalesce(until_now.completed_plays, completions.completed_plays_total) as completed_plays,
        case
            when until_now.completed_plays is null and completions.post_key is not null
                then completions.plays_total
            else until_now.plays
        end as plays
        {%- for days in first_days() %},
        until_now.exposures_first_{{ days }}_days
        {%- endfor %}
    from {{ ref('dim_post') }} as posts
    left join until_now
        on posts.post_key = until_now.post_key
    left join post_months as newest
        on
            until_now.post_key = newest.post_key
            and until_now.newest_month_on = newest.month_on
    left join completions
        on
            posts.post_key = completions.post_key
            and completions.newest_first = 1
),

hit_lines as (
    select
        posts.post_key,
        3 * {{ percentile('former_days.exposures_first_7_days', 0.5) }} as hit_line
    from {{ ref('dim_post') }} as posts
    inner join {{ ref('dim_post') }} as former
        on
            posts.account_key = former.account_key
            and posts.content_form is not distinct from former.content_form
            and posts.published_on > former.published_on
            and {{ add_days('posts.published_on', -90) }} <= former.published_on
    inner join until_now as former_days
        on former.post_key = former_days.post_key
    group by posts.post_key
)

select
    posts.post_key,
    posts.account_key,
    posts.brand_key,
    posts.platform,
    posts.post_id,
    accounts.account_name,
    posts.title,
    posts.content_form,
    posts.content_topic,
    posts.is_original,
    posts.is_deleted,
    figures.exposures_first_7_days
    > greatest(coalesce(hit_lines.hit_line, 0), {{ var('hit_exposure_floor') }}) as is_hit,
    posts.published_at,
    posts.published_on,
    posts.published_hour,
    {{ iso_weekday('posts.published_on') }} as published_weekday,
    {{ by_platform('posts.platform', exposure_by_platform(), is_name=true) }} as exposure_basis,
    figures.exposures_total,
    figures.exposures_first_1_days,
    figures.exposures_first_7_days,
    figures.exposures_first_28_days,
    {%- for counter in counters %}
    figures.{{ counter }}_total,
    {%- endfor %}
    figures.engagements_total,
    {{ safe_divide('figures.engagements_total', 'figures.exposures_total') }} as engagement_rate,
    figures.completed_plays,
    figures.plays,
    {{ safe_divide('figures.completed_plays', 'figures.plays') }} as completion_rate,
    posts.duration_seconds,
    posts.url
from {{ ref('dim_post') }} as posts
inner join with_engagements as figures
    on posts.post_key = figures.post_key
left join hit_lines
    on posts.post_key = hit_lines.post_key
left join {{ ref('dim_account') }} as accounts
    on posts.account_key = accounts.account_key
