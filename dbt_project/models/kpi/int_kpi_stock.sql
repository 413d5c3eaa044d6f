{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- the last known value of a stock per as-of day, and the one its span opened with; a value is
-- carried for at most three days
with readings as (
    select
        span.span_key,
        span.starts_on,
        span.ends_on,
        span.final_on,
        event.account_key,
        event.stat_date,
        event.value
    from {{ ref('int_kpi_span') }} as span
    inner join {{ ref('int_kpi_span_account') }} as account
        on span.span_key = account.span_key
    inner join {{ ref('int_metric_event') }} as event
        on
            span.metric = event.metric
            and span.basis = event.basis
            and account.account_key = event.account_key
            and event.value is not null
    where span.aggregation = 'last'
),

ranked as (
    select
        readings.span_key,
        as_of.date as as_of_date,
        readings.account_key,
        readings.value,
        row_number() over (
            partition by readings.span_key, as_of.date, readings.account_key
            order by readings.stat_date desc
        ) as recency
    from readings
    inner join {{ source('config', 'day') }} as as_of
        on
            as_of.date between readings.starts_on and least({{ as_of_date() }}, readings.final_on)
            and readings.stat_date <= least(as_of.date, readings.ends_on)
            and readings.stat_date >= {{ add_days('least(as_of.date, readings.ends_on)', -3) }}
),

ranked_openings as (
    select
        span_key,
        account_key,
        value,
        row_number() over (
            partition by span_key, account_key order by stat_date desc
        ) as recency
    from readings
    where
        stat_date < starts_on
        and stat_date >= {{ add_days('starts_on', -4) }}
),

openings as (
    select
        span_key,
        {{ exact_sum('value') }} as opening
    from ranked_openings
    where recency = 1
    group by span_key
)

select
    ranked.span_key,
    ranked.as_of_date,
    openings.opening,
    {{ exact_sum('ranked.value') }} as value
from ranked
left join openings
    on ranked.span_key = openings.span_key
where ranked.recency = 1
group by
    ranked.span_key,
    ranked.as_of_date,
    openings.opening
