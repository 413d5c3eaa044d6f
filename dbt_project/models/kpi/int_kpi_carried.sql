{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- goal x every as-of day: after its final day a goal's row is carried unchanged (R11)
select
    goal.goal_key,
    as_of.date as as_of_date,
    goal.valid_from,
    verdict.as_of_date as judged_on,
    verdict.phase_state,
    verdict.target,
    verdict.actual,
    verdict.numerator,
    verdict.denominator,
    verdict.gap,
    verdict.expected_to_date,
    verdict.attainment,
    verdict.pace,
    verdict.days_left,
    verdict.required_per_day,
    verdict.recent_per_day,
    verdict.forecast,
    verdict.forecast_low,
    verdict.forecast_high,
    verdict.status,
    verdict.severity,
    verdict.reason,
    verdict.coverage,
    verdict.is_final,
    verdict.watermark,
    verdict.baseline_value,
    verdict.baseline_restated
from {{ ref('int_kpi_goal_version') }} as goal
inner join {{ ref('int_kpi_judged') }} as judged
    on
        goal.goal_key = judged.goal_key
        and goal.valid_from = judged.valid_from
inner join {{ source('config', 'day') }} as as_of
    on
        as_of.date between goal.campaign_starts_on and {{ as_of_date() }}
        and as_of.date between goal.valid_from and goal.valid_to
inner join {{ ref('int_kpi_verdict') }} as verdict
    on
        goal.goal_key = verdict.goal_key
        and verdict.as_of_date = least(as_of.date, judged.judged_until)
