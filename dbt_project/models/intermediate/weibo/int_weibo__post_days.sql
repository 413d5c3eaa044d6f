{% set counters = ['likes', 'comments', 'shares'] -%}

with observed_before as (
    select
        account_key,
        {{ add_days('stat_date', 1) }} as stat_date
    from {{ ref('int_observed_day') }}
    where
        source_platform = 'weibo'
        and source_stream = 'post_counts'
),

totals as (
    select
        counts.account_key,
        counts.post_id,
        counts.stat_date,
        {%- for counter in counters %}
        counts.{{ counter }}_total,
        {%- endfor %}
        posts.post_id is not null
        and {{ shanghai_date('posts.published_at') }} = counts.stat_date
        and observed_before.account_key is not null as is_complete
    from {{ totals_needed(ref('stg_weibo__post_counts'), ['account_key', 'post_id'], 'post_day') }} as counts
    left join {{ ref('stg_weibo__posts') }} as posts
        on
            counts.account_key = posts.account_key
            and counts.post_id = posts.post_id
    left join observed_before
        on
            counts.account_key = observed_before.account_key
            and counts.stat_date = observed_before.stat_date
)

select
    account_key,
    post_id,
    stat_date,
    {{ not_offered([
        'impressions', 'plays', 'reads', 'read_users', 'views', 'wows', 'saves', 'danmaku',
        'coins', 'new_followers',
    ]) }},
    {%- for counter in counters %}
    {{ daily_change(counter ~ '_total', 'account_key, post_id', 'stat_date', 'is_complete') }} as {{ counter }},
    {%- endfor %}
    {{ not_offered([
        'impressions_total', 'plays_total', 'reads_total', 'read_users_total', 'views_total',
        'wows_total', 'saves_total', 'danmaku_total', 'coins_total', 'new_followers_total',
    ]) }},
    {%- for counter in counters %}
    {{ counter }}_total,
    {%- endfor %}
    {{ span_days('account_key, post_id', 'stat_date', 'is_complete') }} as span_days
from totals
