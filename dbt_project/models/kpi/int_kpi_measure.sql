{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day: every figure that does not need a target
with plans as (
    select
        span_key,
        {{ exact_sum('weight') }} as weight
    from {{ ref('int_kpi_span_day') }}
    group by span_key
),

elapsed as (
    select
        span_key,
        as_of_date,
        {{ exact_sum('value') }} as value,
        max(highest) as highest,
        {{ exact_sum('numerator') }} as numerator,
        {{ exact_sum('denominator') }} as denominator,
        cast(sum(observed_accounts) as bigint) as observed,
        cast(sum(expected_accounts) as bigint) as expected,
        {{ exact_sum('weight') }} as weight,
        -- a day on which only some accounts report weighs by their share
        {{ exact_sum('weight * observed_accounts / nullif(expected_accounts, 0)') }} as weight_observed
    from {{ ref('int_kpi_elapsed_day') }}
    group by
        span_key,
        as_of_date
),

left_over as (
    select
        elapsed.span_key,
        elapsed.as_of_date,
        {{ exact_sum('day.weight') }} as weight_left,
        {{ exact_sum('day.weight * day.weight') }} as weight_left_squared
    from elapsed
    inner join {{ ref('int_kpi_span_day') }} as day
        on
            elapsed.span_key = day.span_key
            and elapsed.as_of_date < day.stat_date
    group by
        elapsed.span_key,
        elapsed.as_of_date
)

select
    elapsed.span_key,
    elapsed.as_of_date,
    case span.aggregation
        when 'ratio' then elapsed.numerator / nullif(elapsed.denominator, 0)
        when 'last' then stock.value
        when 'max' then elapsed.highest
        when 'sum' then elapsed.value
    end as actual,
    case when span.aggregation = 'ratio' then elapsed.numerator end as numerator,
    case when span.aggregation = 'ratio' then elapsed.denominator end as denominator,
    elapsed.observed,
    cast(elapsed.observed as double) / nullif(elapsed.expected, 0) as coverage,
    elapsed.weight_observed / plans.weight as share_observed,
    elapsed.weight / plans.weight as share_elapsed,
    stock.opening,
    coalesce(left_over.weight_left, 0) as weight_left,
    coalesce(left_over.weight_left_squared, 0) as weight_left_squared,
    recent.recent_days,
    recent.recent_per_day,
    recent.level,
    recent.deviation,
    watermark.watermark
from elapsed
inner join {{ ref('int_kpi_span') }} as span
    on elapsed.span_key = span.span_key
inner join plans
    on elapsed.span_key = plans.span_key
left join left_over
    on
        elapsed.span_key = left_over.span_key
        and elapsed.as_of_date = left_over.as_of_date
left join {{ ref('int_kpi_recent') }} as recent
    on
        elapsed.span_key = recent.span_key
        and elapsed.as_of_date = recent.as_of_date
left join {{ ref('int_kpi_stock') }} as stock
    on
        elapsed.span_key = stock.span_key
        and elapsed.as_of_date = stock.as_of_date
left join {{ ref('int_kpi_watermark') }} as watermark
    on
        elapsed.span_key = watermark.span_key
        and elapsed.as_of_date = watermark.as_of_date
