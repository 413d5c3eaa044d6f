{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- the stock that the accounts of a span brought into it, for ratios over it, and the day on which it
-- was known; unknown unless each of them tells it, also on a day on which it tells nothing else
select
    span.span_key,
    {{ exact_sum('event.opening') }} as opening,
    max(event.known_on) as known_on
from {{ ref('int_kpi_span') }} as span
inner join {{ source('config', 'metric') }} as metric
    on
        span.metric = metric.metric
        and (
            metric.numerator_window in ('opening', 'opening_and_days')
            or metric.denominator_window in ('opening', 'opening_and_days')
        )
inner join {{ ref('int_kpi_span_account') }} as account
    on
        span.span_key = account.span_key
        and span.starts_on > account.active_from
        and span.starts_on <= account.active_to
left join {{ ref('int_metric_event') }} as event
    on
        span.metric = event.metric
        and span.basis = event.basis
        and account.account_key = event.account_key
        and span.starts_on = event.stat_date
        and event.opening is not null
group by span.span_key
having count(*) = count(event.opening)
