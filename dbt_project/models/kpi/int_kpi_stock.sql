{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- the last known value of a stock per as-of day, and the one its span opened with; a value is
-- carried for at most three days, and part of a stock is never taken for the whole
with readings as (
    select
        span.span_key,
        span.starts_on,
        span.ends_on,
        span.final_on,
        account.account_key,
        account.active_from,
        account.active_to,
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
        least(as_of.date, readings.ends_on) as held_on,
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
            and least(as_of.date, readings.ends_on) between readings.active_from and readings.active_to
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
        starts_on > active_from
        and starts_on <= active_to
        and stat_date < starts_on
        and stat_date >= {{ add_days('starts_on', -4) }}
),

-- an account that came on the first day or left on the one before brings nothing into the span
expected_openings as (
    select
        span.span_key,
        count(*) as accounts
    from {{ ref('int_kpi_span') }} as span
    inner join {{ ref('int_kpi_span_account') }} as account
        on
            span.span_key = account.span_key
            and span.starts_on > account.active_from
            and span.starts_on <= account.active_to
    group by span.span_key
),

openings as (
    select
        ranked_openings.span_key,
        {{ exact_sum('ranked_openings.value') }} as opening
    from ranked_openings
    inner join expected_openings
        on ranked_openings.span_key = expected_openings.span_key
    where ranked_openings.recency = 1
    group by
        ranked_openings.span_key,
        expected_openings.accounts
    having count(*) = expected_openings.accounts
)

select
    ranked.span_key,
    ranked.as_of_date,
    openings.opening,
    case when count(*) = day.expected_accounts then {{ exact_sum('ranked.value') }} end as value
from ranked
inner join {{ ref('int_kpi_span_day') }} as day
    on
        ranked.span_key = day.span_key
        and ranked.held_on = day.stat_date
left join openings
    on ranked.span_key = openings.span_key
where ranked.recency = 1
group by
    ranked.span_key,
    ranked.as_of_date,
    openings.opening,
    day.expected_accounts
