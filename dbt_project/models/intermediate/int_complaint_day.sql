{{ config(materialized='table') }}

-- complaints by the day they came in, known from the day they were dealt with or were past due on;
-- what is open and not yet due is not counted, malicious ones never
{% set limits = {
    'response': ('first_response_at', var('complaint_response_hours')),
    'resolution': ('resolved_at', var('complaint_resolution_hours')),
} -%}

with judged as (
    {%- for name, (moment, hours) in limits.items() %}
    select
        '{{ name }}' as step,
        account_key,
        {{ shanghai_date('received_at') }} as stat_date,
        {{ moment }} as dealt_at,
        {{ add_hours('received_at', hours) }} as due_at,
        coalesce({{ moment }} <= {{ add_hours('received_at', hours) }}, false) as is_in_time
    from {{ ref('fct_complaint') }}
    where not coalesce(is_malicious, false)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

known as (
    select
        step,
        account_key,
        stat_date,
        is_in_time,
        case when is_in_time then dealt_at else due_at end as known_at
    from judged
)

select
    account_key,
    stat_date,
    {{ shanghai_date('known_at') }} as known_on,
    {%- for name in limits %}
    cast(sum(case when step = '{{ name }}' then 1 else 0 end) as bigint) as {{ name }}_judged,
    cast(sum(case when step = '{{ name }}' and is_in_time then 1 else 0 end) as bigint) as {{ name }}_in_time{{ ',' if not loop.last }}
    {%- endfor %}
from known
where known_at < {{ end_of_as_of_date() }}
group by account_key, stat_date, {{ shanghai_date('known_at') }}
