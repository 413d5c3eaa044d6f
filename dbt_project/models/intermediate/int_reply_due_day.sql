{{ config(materialized='table') }}

-- items that need a reply, by the day they came in, known from the day their time was up on: within the
-- window of the house, and within three minutes
{% set limits = {'window': var('reply_window_hours') * 3600, 'three_minutes': 180} -%}

with due as (
    {%- for name, seconds in limits.items() %}
    select
        '{{ name }}' as within,
        account_key,
        inbound_at,
        {{ add_seconds('inbound_at', seconds) }} as due_at,
        first_human_reply_at
    from {{ ref('fct_reply_item') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    account_key,
    {{ shanghai_date('inbound_at') }} as stat_date,
    {{ shanghai_date('due_at') }} as known_on,
    {%- for name in limits %}
    cast(sum(case when within = '{{ name }}' then 1 else 0 end) as bigint) as items_of_{{ name }},
    cast(sum(
        case when within = '{{ name }}' and first_human_reply_at <= due_at then 1 else 0 end
    ) as bigint) as replied_in_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from due
where due_at < {{ end_of_as_of_date() }}
group by account_key, {{ shanghai_date('inbound_at') }}, {{ shanghai_date('due_at') }}
