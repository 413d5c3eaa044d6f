{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day x elapsed day: each as-of day sees only what was known by its end
select
    span.span_key,
    as_of.date as as_of_date,
    day.stat_date,
    day.weight,
    day.expected_accounts,
    {{ exact_sum('event.value') }} as value,
    max(event.highest) as highest,
    {{ exact_sum('event.numerator') }} as numerator,
    {{ exact_sum('event.denominator') }} as denominator,
    coalesce(cast(sum(event.observed_accounts) as bigint), 0) as observed_accounts
from {{ ref('int_kpi_span') }} as span
inner join {{ source('config', 'day') }} as as_of
    on as_of.date between span.starts_on and least({{ as_of_date() }}, span.final_on)
inner join {{ ref('int_kpi_span_day') }} as day
    on
        span.span_key = day.span_key
        and as_of.date >= day.stat_date
left join {{ ref('int_kpi_span_event') }} as event
    on
        day.span_key = event.span_key
        and day.stat_date = event.stat_date
        and as_of.date >= event.known_on
group by
    span.span_key,
    as_of.date,
    day.stat_date,
    day.weight,
    day.expected_accounts
