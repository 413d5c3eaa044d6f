{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- what became known when about each day of a span, over its accounts; an account's day counts
-- once its number is there (both parts of a ratio), and is left out of every sum before that
with needed as (
    select
        span.metric,
        span.basis,
        account.account_key,
        min(span.starts_on) as starts_on,
        max(span.ends_on) as ends_on
    from {{ ref('int_kpi_span') }} as span
    inner join {{ ref('int_kpi_span_account') }} as account
        on span.span_key = account.span_key
    group by
        span.metric,
        span.basis,
        account.account_key
),

events as (
    select
        event.metric,
        event.basis,
        event.account_key,
        event.stat_date,
        event.known_on,
        event.value,
        event.numerator,
        event.denominator,
        event.opening,
        case
            when metric.aggregation = 'ratio'
                then event.numerator is not null and event.denominator is not null
            -- a day without an item has no percentile, and is there all the same
            when metric.aggregation = 'duration' then event.denominator is not null
            else event.value is not null
        end as is_observed
    from {{ ref('int_metric_event') }} as event
    inner join {{ source('config', 'metric') }} as metric
        on event.metric = metric.metric
    inner join needed
        on
            event.metric = needed.metric
            and event.basis = needed.basis
            and event.account_key = needed.account_key
            and event.stat_date between needed.starts_on and needed.ends_on
),

observed_days as (
    select
        metric,
        basis,
        account_key,
        stat_date,
        min(known_on) as observed_on
    from events
    where is_observed
    group by
        metric,
        basis,
        account_key,
        stat_date
),

known_events as (
    select
        events.metric,
        events.basis,
        events.account_key,
        events.stat_date,
        greatest(events.known_on, observed_days.observed_on) as known_on,
        events.value,
        events.numerator,
        events.denominator,
        events.opening,
        0 as observed_accounts
    from events
    inner join observed_days
        on
            events.metric = observed_days.metric
            and events.basis = observed_days.basis
            and events.account_key = observed_days.account_key
            and events.stat_date = observed_days.stat_date
    union all
    select
        metric,
        basis,
        account_key,
        stat_date,
        observed_on as known_on,
        null as value,
        null as numerator,
        null as denominator,
        null as opening,
        1 as observed_accounts
    from observed_days
)

select
    span.span_key,
    event.stat_date,
    event.known_on,
    {{ exact_sum('event.value') }} as value,
    max(event.value) as highest,
    {{ exact_sum('event.numerator') }} as numerator,
    {{ exact_sum('event.denominator') }} as denominator,
    {{ exact_sum('event.opening') }} as opening,
    cast(sum(event.observed_accounts) as bigint) as observed_accounts
from {{ ref('int_kpi_span') }} as span
inner join {{ ref('int_kpi_span_account') }} as account
    on span.span_key = account.span_key
inner join known_events as event
    on
        span.metric = event.metric
        and span.basis = event.basis
        and account.account_key = event.account_key
        and event.stat_date between span.starts_on and span.ends_on
        and event.stat_date between account.active_from and account.active_to
group by
    span.span_key,
    event.stat_date,
    event.known_on
