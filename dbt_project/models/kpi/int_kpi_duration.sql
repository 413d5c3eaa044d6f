{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day: a percentile of the waits that began in it. One that has not ended by then is
-- longer than any that has: right-censored, and a percentile that falls among those is unknown
with waits as (
    select
        span.span_key,
        as_of.date as as_of_date,
        metric.percentile,
        case when wait.ended_on <= as_of.date then wait.seconds end as seconds
    from {{ ref('int_kpi_span') }} as span
    inner join {{ source('config', 'metric') }} as metric
        on span.metric = metric.metric
    inner join {{ ref('int_kpi_span_account') }} as account
        on span.span_key = account.span_key
    inner join {{ ref('int_metric_wait') }} as wait
        on
            span.metric = wait.metric
            and span.basis = wait.basis
            and account.account_key = wait.account_key
            and wait.stat_date between span.starts_on and span.ends_on
            and wait.stat_date between account.active_from and account.active_to
    inner join {{ source('config', 'day') }} as as_of
        on
            as_of.date between span.starts_on and least({{ as_of_date() }}, span.final_on)
            and as_of.date >= wait.stat_date
    where span.aggregation = 'duration'
),

ranked as (
    select
        span_key,
        as_of_date,
        percentile,
        seconds,
        row_number() over (
            partition by span_key, as_of_date
            order by case when seconds is null then 1 else 0 end, seconds
        ) as place,
        count(*) over (partition by span_key, as_of_date) as waits
    from waits
)

select
    span_key,
    as_of_date,
    cast(seconds as double) as value
from ranked
where place = greatest(ceil(percentile * waits), 1)
