{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day x elapsed day: each as-of day sees only what was known by its end. What is known
-- of a day stands from the day on which it became known until something more does
with known as (
    select
        span_key,
        stat_date,
        known_on,
        lead(known_on) over (partition by span_key, stat_date order by known_on) as known_until,
        {%- for part in ['value', 'numerator', 'denominator', 'opening'] %}
        cast(sum(cast({{ part }} as decimal(38, 12))) over (
            partition by span_key, stat_date order by known_on
            rows between unbounded preceding and current row
        ) as double) as {{ part }},
        {%- endfor %}
        max(highest) over (
            partition by span_key, stat_date order by known_on
            rows between unbounded preceding and current row
        ) as highest,
        sum(observed_accounts) over (
            partition by span_key, stat_date order by known_on
            rows between unbounded preceding and current row
        ) as observed_accounts
    from {{ ref('int_kpi_span_event') }}
)

select
    span.span_key,
    as_of.date as as_of_date,
    day.stat_date,
    day.weight,
    day.expected_accounts,
    known.value,
    known.highest,
    known.numerator,
    known.denominator,
    known.opening,
    coalesce(cast(known.observed_accounts as bigint), 0) as observed_accounts
from {{ ref('int_kpi_span') }} as span
inner join {{ source('config', 'day') }} as as_of
    on as_of.date between span.starts_on and least({{ as_of_date() }}, span.final_on)
inner join {{ ref('int_kpi_span_day') }} as day
    on
        span.span_key = day.span_key
        and as_of.date >= day.stat_date
left join known
    on
        day.span_key = known.span_key
        and day.stat_date = known.stat_date
        and as_of.date >= known.known_on
        and as_of.date < coalesce(known.known_until, date '9999-12-31')
