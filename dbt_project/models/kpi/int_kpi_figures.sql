{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goal x as-of day: target, figures, expected to date (R4, R5), forecast (R7), first reason for
-- having no data (R3)
with measured as (
    select
        target.goal_key,
        target.as_of_date,
        target.phase_state,
        target.target,
        target.baseline_value,
        target.baseline_restated,
        goal.valid_from,
        goal.level,
        goal.aggregation,
        goal.direction,
        goal.is_monotone,
        goal.min_denominator,
        goal.min_expected,
        goal.baseline_phase_key,
        goal.ends_on,
        goal.final_on,
        goal.phase_days,
        {{ days_between('goal.starts_on', 'target.as_of_date') }} + 1 as elapsed_days,
        measure.actual,
        measure.numerator,
        measure.denominator,
        measure.observed,
        measure.coverage,
        measure.opening,
        measure.watermark,
        measure.recent_per_day,
        classified.min_classified,
        classified_measure.actual as classified_share,
        case
            when goal.level = 'campaign' then plan.needed_on
            else least(target.as_of_date, goal.ends_on)
        end as needed_on,
        case
            when goal.level = 'campaign' then plan.expected_to_date
            when goal.aggregation in ('sum', 'distinct') then target.target * measure.share_observed
            when goal.aggregation = 'last'
                then measure.opening + (target.target - measure.opening) * measure.share_elapsed
            else target.target
        end as expected_to_date,
        case
            when goal.level = 'phase' then measure.actual + measure.level * measure.weight_left
        end as forecast,
        case
            when goal.level = 'phase'
                then 1.2816 * measure.deviation * sqrt(
                    measure.weight_left_squared
                    + measure.weight_left * measure.weight_left / measure.recent_days
                )
        end as half_width
    from {{ ref('int_kpi_target') }} as target
    inner join {{ ref('int_kpi_goal_version') }} as goal
        on
            target.goal_key = goal.goal_key
            and target.valid_from = goal.valid_from
    left join {{ ref('int_kpi_measure') }} as measure
        on
            goal.span_key = measure.span_key
            and measure.as_of_date = least(target.as_of_date, goal.final_on)
    left join {{ ref('int_kpi_campaign_plan') }} as plan
        on
            target.goal_key = plan.goal_key
            and target.as_of_date = plan.as_of_date
    left join {{ ref('int_kpi_classified') }} as classified
        on
            target.goal_key = classified.goal_key
            and target.valid_from = classified.valid_from
            and not classified.is_baseline
    left join {{ ref('int_kpi_measure') }} as classified_measure
        on
            classified.span_key = classified_measure.span_key
            and classified_measure.as_of_date = least(target.as_of_date, goal.final_on)
)

select
    goal_key,
    as_of_date,
    valid_from,
    level,
    phase_state,
    aggregation,
    direction,
    is_monotone,
    target,
    baseline_value,
    baseline_restated,
    ends_on,
    final_on,
    actual,
    numerator,
    denominator,
    coverage,
    opening,
    watermark,
    recent_per_day,
    expected_to_date,
    forecast,
    forecast - half_width as forecast_low,
    forecast + half_width as forecast_high,
    case
        when phase_state = 'upcoming' then 'phase_not_started'
        when baseline_phase_key is not null and baseline_value is null then 'baseline_open'
        when watermark < needed_on then 'stale_source'
        when coalesce(observed, 0) = 0 then 'no_rows'
        -- some account's stock is unknown; what is over is held to no line, and needs no opening
        when actual is null and aggregation = 'last' then 'low_coverage'
        when opening is null and aggregation = 'last' and phase_state = 'active' then 'low_coverage'
        when denominator is null and aggregation = 'ratio' then 'low_coverage'
        when actual is null and aggregation <> 'ratio' then 'no_rows'
        when {{ is_below('coverage', '0.90') }} then 'low_coverage'
        when aggregation = 'ratio' and denominator = 0 then 'zero_denominator'
        when {{ is_below('denominator', 'min_denominator') }} then 'insufficient_denominator'
        when {{ is_below('target * denominator', 'min_expected') }} then 'insufficient_denominator'
        when {{ is_below('coalesce(classified_share, 0)', 'min_classified') }} then 'low_classification'
        when
            aggregation in ('sum', 'distinct')
            and phase_state = 'active'
            and elapsed_days < least(3, phase_days)
            then 'too_early'
    end as no_data_reason
from measured
