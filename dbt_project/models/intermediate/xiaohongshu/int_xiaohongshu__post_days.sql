{% set counters = [
    'impressions', 'views', 'likes', 'comments', 'saves', 'shares', 'danmaku',
    'new_followers',
] -%}

with observed_before as (
    select
        account_key,
        {{ add_days('stat_date', 1) }} as stat_date
    from {{ ref('int_observed_day') }}
    where
        source_platform = 'xiaohongshu'
        and source_stream = 'note_export'
),

totals as (
    select
        exports.account_key,
        exports.post_id,
        exports.stat_date,
        {%- for counter in counters %}
        exports.{{ counter }}_total,
        {%- endfor %}
        {{ shanghai_date('exports.published_at') }} = exports.stat_date
        and observed_before.account_key is not null as is_complete
    from {{ totals_needed(ref('stg_xiaohongshu__note_export'), ['account_key', 'post_id'], 'post_day') }} as exports
    left join observed_before
        on
            exports.account_key = observed_before.account_key
            and exports.stat_date = observed_before.stat_date
)

select
    account_key,
    post_id,
    stat_date,
    {{ not_offered(['plays', 'reads', 'read_users', 'wows', 'coins']) }},
    {%- for counter in counters %}
    {{ daily_change(counter ~ '_total', 'account_key, post_id', 'stat_date', 'is_complete') }} as {{ counter }},
    {%- endfor %}
    {{ not_offered([
        'plays_total', 'reads_total', 'read_users_total', 'wows_total', 'coins_total',
    ]) }},
    {%- for counter in counters %}
    {{ counter }}_total,
    {%- endfor %}
    {{ span_days('account_key, post_id', 'stat_date', 'is_complete') }} as span_days
from totals
