{% set columns = ['account_key', 'post_id', 'stat_date', 'span_days'] + post_counters() -%}
{% for counter in post_counters() %}{% do columns.append(counter ~ '_total') %}{% endfor -%}

with post_days as (
    {{ union_of('post_days', columns) }}
)

select
    post_days.account_key || '/' || post_days.post_id as post_key,
    post_days.account_key,
    accounts.brand_key,
    accounts.platform,
    post_days.stat_date,
    {%- for counter in post_counters() %}
    post_days.{{ counter }},
    post_days.{{ counter }}_total,
    {%- endfor %}
    (
        {%- for counter in post_counters() %}
        coalesce(post_days.{{ counter }} < 0, false){{ ' or' if not loop.last }}
        {%- endfor %}
    ) as is_correction,
    cast(post_days.span_days as bigint) as span_days
from post_days
inner join {{ source('config', 'account') }} as accounts
    on post_days.account_key = accounts.account_key
