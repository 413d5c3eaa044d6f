{% set counters = ['likes', 'wows', 'comments', 'shares', 'saves', 'danmaku', 'coins'] -%}

-- the first N days count when they are over and every one of them is covered
with first_days_exposures as (
    select
        days.post_key,
        days.stat_date,
        days.span_days,
        {{ by_platform('posts.platform', exposure_by_platform(), 'days.') }} as exposures,
        posts.published_on
    from {{ ref('fct_post_day') }} as days
    inner join {{ ref('dim_post') }} as posts
        on days.post_key = posts.post_key
    where
        days.stat_date >= posts.published_on
        and days.stat_date < {{ add_days('posts.published_on', 28) }}
),

first_days as (
    select
        post_key,
        {%- for days in [1, 7, 28] %}
        case
            when
                sum(
                    case
                        when exposures is not null and stat_date < {{ add_days('published_on', days) }} then span_days
                    end
                ) = {{ days }}
                then cast(sum(case when stat_date < {{ add_days('published_on', days) }} then exposures end) as bigint)
        end as exposures_first_{{ days }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from first_days_exposures
    group by post_key
),

until_now as (
    select
        days.post_key,
        coalesce(
            max(case when days.likes_total is not null then days.stat_date end),
            max(days.stat_date)
        ) as newest_on,
        {%- for counter in ['plays', 'completed_plays'] %}
        cast(sum(case when days.stat_date >= posts.published_on then days.{{ counter }} end) as bigint) as {{ counter }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_post_day') }} as days
    inner join {{ ref('dim_post') }} as posts
        on days.post_key = posts.post_key
    group by days.post_key
),

lifetime as (
    select
        until_now.post_key,
        {%- for counter in counters %}
        days.{{ counter }}_total,
        {%- endfor %}
        {{ by_platform('posts.platform', exposure_by_platform(), 'days.', '_total') }} as exposures_total,
        until_now.plays,
        until_now.completed_plays
    from until_now
    inner join {{ ref('fct_post_day') }} as days
        on
            until_now.post_key = days.post_key
            and until_now.newest_on = days.stat_date
    inner join {{ ref('dim_post') }} as posts
        on until_now.post_key = posts.post_key
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
        lifetime.{{ counter }}_total,
        {%- endfor %}
        lifetime.exposures_total,
        {{ sum_by_platform('posts.platform', engagement_by_platform(), 'lifetime.', '_total') }} as engagements_total,
        coalesce(lifetime.completed_plays, completions.completed_plays_total) as completed_plays,
        case
            when lifetime.completed_plays is null and completions.post_key is not null
                then completions.plays_total
            else lifetime.plays
        end as plays,
        first_days.exposures_first_1_days,
        first_days.exposures_first_7_days,
        first_days.exposures_first_28_days
    from {{ ref('dim_post') }} as posts
    left join lifetime
        on posts.post_key = lifetime.post_key
    left join first_days
        on posts.post_key = first_days.post_key
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
    inner join first_days as former_days
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
    coalesce(
        figures.exposures_first_7_days
        > greatest(coalesce(hit_lines.hit_line, 0), {{ var('hit_exposure_floor') }}),
        false
    ) as is_hit,
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
