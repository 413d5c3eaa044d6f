{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day: every figure that does not need a target
with plan_days as (
    select
        span_key,
        stat_date,
        {{ exact_sum('weight', 'over (partition by span_key)') }} as weight_planned,
        {{ exact_sum('weight', 'over (partition by span_key order by stat_date)') }} as weight_elapsed,
        {{ exact_sum('weight', 'over days_left') }} as weight_left,
        {{ exact_sum('weight * weight', 'over days_left') }} as weight_left_squared
    from {{ ref('int_kpi_span_day') }}
    window days_left as (
        partition by span_key order by stat_date
        rows between 1 following and unbounded following
    )
),

elapsed as (
    select
        day.span_key,
        day.as_of_date,
        {{ exact_sum('day.value') }} as value,
        max(day.highest) as highest,
        {{ exact_sum('day.numerator') }} as numerator,
        {{ exact_sum('day.denominator') }} as denominator,
        {{ exact_sum('day.opening') }} as openings,
        cast(sum(day.observed_accounts) as bigint) as observed,
        cast(sum(day.expected_accounts) as bigint) as expected,
        -- a day on which only some accounts report weighs by their share
        {{ exact_sum('day.weight * day.observed_accounts / nullif(day.expected_accounts, 0)') }} as weight_observed
    from {{ ref('int_kpi_elapsed_day') }} as day
    group by
        day.span_key,
        day.as_of_date
),

parts as (
    select
        elapsed.span_key,
        elapsed.as_of_date,
        {%- for part in ['numerator', 'denominator'] %}
        {{ window_part(
            part, 'elapsed.' ~ part, 'elapsed.openings', 'opening.opening', 'members.value', 'members.returning_members'
        ) }} as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from elapsed
    inner join {{ ref('int_kpi_span') }} as span
        on elapsed.span_key = span.span_key
    inner join {{ source('config', 'metric') }} as metric
        on span.metric = metric.metric
    left join {{ ref('int_kpi_distinct') }} as members
        on
            elapsed.span_key = members.span_key
            and elapsed.as_of_date = members.as_of_date
    left join {{ ref('int_kpi_opening') }} as opening
        on
            elapsed.span_key = opening.span_key
            and elapsed.as_of_date >= opening.known_on
)

select
    elapsed.span_key,
    elapsed.as_of_date,
    case span.aggregation
        when 'ratio' then parts.numerator / nullif(parts.denominator, 0)
        when 'last' then stock.value
        when 'max' then elapsed.highest
        when 'sum' then elapsed.value
        when 'distinct' then members.value
        when 'duration' then waits.value
    end as actual,
    case when span.aggregation = 'ratio' then parts.numerator end as numerator,
    case when span.aggregation in ('ratio', 'duration') then parts.denominator end as denominator,
    elapsed.observed,
    cast(elapsed.observed as double) / nullif(elapsed.expected, 0) as coverage,
    elapsed.weight_observed / nullif(plan_days.weight_planned, 0) as share_observed,
    plan_days.weight_elapsed / nullif(plan_days.weight_planned, 0) as share_elapsed,
    stock.opening,
    coalesce(plan_days.weight_left, 0) as weight_left,
    coalesce(plan_days.weight_left_squared, 0) as weight_left_squared,
    recent.recent_days,
    recent.recent_per_day,
    recent.level,
    recent.deviation,
    watermark.watermark
from elapsed
inner join {{ ref('int_kpi_span') }} as span
    on elapsed.span_key = span.span_key
inner join parts
    on
        elapsed.span_key = parts.span_key
        and elapsed.as_of_date = parts.as_of_date
inner join plan_days
    on
        elapsed.span_key = plan_days.span_key
        and least(elapsed.as_of_date, span.ends_on) = plan_days.stat_date
left join {{ ref('int_kpi_recent') }} as recent
    on
        elapsed.span_key = recent.span_key
        and elapsed.as_of_date = recent.as_of_date
left join {{ ref('int_kpi_stock') }} as stock
    on
        elapsed.span_key = stock.span_key
        and elapsed.as_of_date = stock.as_of_date
left join {{ ref('int_kpi_distinct') }} as members
    on
        elapsed.span_key = members.span_key
        and elapsed.as_of_date = members.as_of_date
left join {{ ref('int_kpi_duration') }} as waits
    on
        elapsed.span_key = waits.span_key
        and elapsed.as_of_date = waits.as_of_date
left join {{ ref('int_kpi_watermark') }} as watermark
    on
        elapsed.span_key = watermark.span_key
        and elapsed.as_of_date = watermark.as_of_date
