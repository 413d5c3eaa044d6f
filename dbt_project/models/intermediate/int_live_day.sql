{% set fields = [
    'live_views', 'session_viewers', 'peak_concurrent', 'session_new_followers',
    'live_comments', 'product_clicks', 'product_clickers', 'session_buyers',
] -%}

with summed as (
    select
        account_key,
        {%- for field in fields %}
        {{ strict_sum(field, aggregate='max' if field == 'peak_concurrent' else 'sum') }} as {{ field }},
        {%- endfor %}
        started_on
    from {{ ref('int_live_session_union') }}
    group by account_key, started_on
),

carried as (
    select
        sessions.account_key,
        sessions.started_on,
        cast(count(distinct lines.order_key) as bigint) as live_orders,
        cast(sum(lines.paid_cny) as decimal(18, 2)) as live_paid_cny
    from {{ ref('fct_order_line') }} as lines
    inner join {{ ref('int_live_session_union') }} as sessions
        on lines.attributed_live_key = sessions.live_key
    where lines.paid_on is not null
    group by sessions.account_key, sessions.started_on
)

-- every day on which the source spoke; a day without a room is 0
select
    observed.account_key,
    observed.stat_date,
    {%- for field in fields %}
    case when summed.account_key is null then 0 else summed.{{ field }} end as {{ field }},
    {%- endfor %}
    coalesce(carried.live_orders, 0) as live_orders,
    coalesce(carried.live_paid_cny, cast(0 as decimal(18, 2))) as live_paid_cny
from {{ ref('int_observed_day') }} as observed
left join summed
    on
        observed.account_key = summed.account_key
        and observed.stat_date = summed.started_on
left join carried
    on
        observed.account_key = carried.account_key
        and observed.stat_date = carried.started_on
where
    observed.source_platform = 'sheet'
    and observed.source_stream = 'live_sessions'
