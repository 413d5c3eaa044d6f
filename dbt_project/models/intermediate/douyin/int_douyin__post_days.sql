{% set counters = ['plays', 'likes', 'comments', 'shares'] -%}

with observed_before as (
    select
        account_key,
        {{ add_days('stat_date', 1) }} as stat_date
    from {{ ref('int_observed_day') }}
    where
        source_platform = 'douyin'
        and source_stream = 'video_totals'
),

totals as (
    select
        totals.account_key,
        totals.post_id,
        totals.stat_date,
        totals.plays_total,
        totals.likes_total,
        totals.comments_total,
        totals.shares_total,
        coalesce(
            {{ shanghai_date('videos.published_at') }} = totals.stat_date
            and observed_before.account_key is not null,
            false
        ) as is_complete
    from {{ totals_needed(ref('stg_douyin__video_totals'), ['account_key', 'post_id'], 'post_day') }} as totals
    left join {{ ref('stg_douyin__videos') }} as videos
        on
            totals.account_key = videos.account_key
            and totals.post_id = videos.post_id
    left join observed_before
        on
            totals.account_key = observed_before.account_key
            and totals.stat_date = observed_before.stat_date
    -- a snapshot taken after midnight shows videos of the next day
    where coalesce({{ shanghai_date('videos.published_at') }} <= totals.stat_date, true)
),

changes as (
    select
        account_key,
        post_id,
        stat_date,
        {%- for counter in counters %}
        {{ counter }}_total,
        {{ daily_change(counter ~ '_total', 'account_key, post_id', 'stat_date', 'is_complete') }} as {{ counter }},
        {%- endfor %}
        {{ span_days('account_key, post_id', 'stat_date', 'is_complete') }} as span_days
    from totals
),

post_days as (
    select
        account_key,
        post_id,
        stat_date
    from changes

    union

    select
        account_key,
        post_id,
        stat_date
    from {{ ref('stg_douyin__video_days') }}
),

-- the platform's own daily series has the word as long as it runs; totals go on after it
with_age as (
    select
        post_days.account_key,
        post_days.post_id,
        post_days.stat_date,
        coalesce(
            {{ days_between(shanghai_date('videos.published_at'), 'post_days.stat_date') }} >= 30, false
        ) as is_past_series
    from post_days
    left join {{ ref('stg_douyin__videos') }} as videos
        on
            post_days.account_key = videos.account_key
            and post_days.post_id = videos.post_id
)

select
    with_age.account_key,
    with_age.post_id,
    with_age.stat_date,
    {{ not_offered([
        'impressions', 'reads', 'read_users', 'views', 'wows', 'saves', 'danmaku', 'coins',
        'new_followers',
    ]) }},
    {%- for counter in counters %}
    case
        when series.account_key is not null then series.{{ counter }}
        when with_age.is_past_series then changes.{{ counter }}
    end as {{ counter }},
    {%- endfor %}
    {{ not_offered([
        'impressions_total', 'reads_total', 'read_users_total', 'views_total', 'wows_total',
        'saves_total', 'danmaku_total', 'coins_total', 'new_followers_total',
    ]) }},
    {%- for counter in counters %}
    changes.{{ counter }}_total,
    {%- endfor %}
    case
        when series.account_key is not null then 1
        when with_age.is_past_series then changes.span_days
    end as span_days
from with_age
left join {{ ref('stg_douyin__video_days') }} as series
    on
        with_age.account_key = series.account_key
        and with_age.post_id = series.post_id
        and with_age.stat_date = series.stat_date
left join changes
    on
        with_age.account_key = changes.account_key
        and with_age.post_id = changes.post_id
        and with_age.stat_date = changes.stat_date
