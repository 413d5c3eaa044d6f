{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- the level of the last k = min(7, observed) days, per unit of weight, while a sum is running (R7)
with running_days as (
    select
        day.span_key,
        day.as_of_date,
        day.value,
        day.value / day.weight as paced_value,
        row_number() over (
            partition by day.span_key, day.as_of_date order by day.stat_date desc
        ) as recency
    from {{ ref('int_kpi_elapsed_day') }} as day
    inner join {{ ref('int_kpi_span') }} as span
        on day.span_key = span.span_key
    where
        span.aggregation = 'sum'
        and day.as_of_date < span.ends_on
        and day.expected_accounts > 0
        and day.observed_accounts = day.expected_accounts
        and day.weight > 0
),

levels as (
    select
        span_key,
        as_of_date,
        count(*) as recent_days,
        {{ exact_sum('value') }} / count(*) as recent_per_day,
        {{ exact_sum('paced_value') }} / count(*) as level
    from running_days
    where recency <= 7
    group by
        span_key,
        as_of_date
),

deviations as (
    select
        levels.span_key,
        levels.as_of_date,
        {{ exact_sum('(running_days.paced_value - levels.level) * (running_days.paced_value - levels.level)') }} as squares
    from levels
    inner join running_days
        on
            levels.span_key = running_days.span_key
            and levels.as_of_date = running_days.as_of_date
            and running_days.recency <= 7
    group by
        levels.span_key,
        levels.as_of_date
)

select
    levels.span_key,
    levels.as_of_date,
    levels.recent_days,
    levels.recent_per_day,
    levels.level,
    greatest(
        sqrt(deviations.squares / (levels.recent_days - 1)),
        0.05 * abs(levels.level)
    ) as deviation
from levels
inner join deviations
    on
        levels.span_key = deviations.span_key
        and levels.as_of_date = deviations.as_of_date
where levels.recent_days >= 3
