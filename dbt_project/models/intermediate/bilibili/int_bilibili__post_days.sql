{% set counters = ['plays', 'likes', 'comments', 'shares', 'saves', 'danmaku', 'coins'] -%}

with observed_before as (
    select
        account_key,
        {{ add_days('stat_date', 1) }} as stat_date
    from {{ ref('int_observed_day') }}
    where
        source_platform = 'bilibili'
        and source_stream = 'video_stats'
),

seen as (
    select
        *,
        max(plays_total) over (
            partition by account_key, post_id
            order by stat_date
            rows between unbounded preceding and 1 preceding
        ) as most_before
    from {{ ref('stg_bilibili__video_stats') }}
),

-- every counter at 0 after figures is a fault of the platform: as if it had not been observed
totals as (
    select
        seen.account_key,
        seen.post_id,
        seen.stat_date,
        {%- for counter in counters %}
        seen.{{ counter }}_total,
        {%- endfor %}
        {{ shanghai_date('seen.published_at') }} = seen.stat_date
        and observed_before.account_key is not null as is_complete
    from seen
    left join observed_before
        on
            seen.account_key = observed_before.account_key
            and seen.stat_date = observed_before.stat_date
    where not (seen.is_zero and coalesce(seen.most_before, 0) > 0)
)

select
    account_key,
    post_id,
    stat_date,
    {{ not_offered(['impressions', 'reads', 'read_users', 'views', 'wows', 'new_followers']) }},
    {%- for counter in counters %}
    {{ daily_change(counter ~ '_total', 'account_key, post_id', 'stat_date', 'is_complete') }} as {{ counter }},
    {%- endfor %}
    {{ not_offered([
        'impressions_total', 'reads_total', 'read_users_total', 'views_total', 'wows_total',
        'new_followers_total',
    ]) }},
    {%- for counter in counters %}
    {{ counter }}_total,
    {%- endfor %}
    {{ span_days('account_key, post_id', 'stat_date', 'is_complete') }} as span_days
from totals
