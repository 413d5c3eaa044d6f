{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- goal x as-of day of its life, as long as it is judged, by the version in force that day, with its target
with goal_days as (
    select
        goal.goal_key,
        goal.valid_from,
        goal.stated_target,
        goal.lift_factor,
        goal.baseline_phase_key,
        goal.baseline_span_key,
        as_of.date as as_of_date,
        case
            when as_of.date < goal.starts_on then 'upcoming'
            when as_of.date < goal.ends_on then 'active'
            else 'closed'
        end as phase_state
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ ref('int_kpi_judged') }} as judged
        on
            goal.goal_key = judged.goal_key
            and goal.valid_from = judged.valid_from
    inner join {{ source('config', 'day') }} as as_of
        on
            as_of.date between goal.campaign_starts_on and least({{ as_of_date() }}, judged.judged_until)
            and as_of.date between goal.valid_from and goal.valid_to
),

frozen as (
    select
        goal_days.goal_key,
        goal_days.as_of_date,
        baseline.baseline_value,
        row_number() over (
            partition by goal_days.goal_key, goal_days.as_of_date
            order by baseline.frozen_on desc
        ) as line_no
    from goal_days
    inner join {{ ref('int_kpi_baseline') }} as baseline
        on
            goal_days.goal_key = baseline.goal_key
            and goal_days.valid_from = baseline.valid_from
            and goal_days.as_of_date >= baseline.frozen_on
),

-- once final, a baseline is measured no more and its last reading stands
last_measured as (
    select
        span_key,
        max(as_of_date) as measured_on
    from {{ ref('int_kpi_measure') }}
    group by span_key
)

select
    goal_days.goal_key,
    goal_days.as_of_date,
    goal_days.valid_from,
    goal_days.phase_state,
    case
        when goal_days.baseline_phase_key is null then goal_days.stated_target
        else goal_days.lift_factor * frozen.baseline_value
    end as target,
    frozen.baseline_value,
    {{ is_above('abs(measure.actual - frozen.baseline_value)', '0.005 * abs(frozen.baseline_value)') }}
    as baseline_restated
from goal_days
left join frozen
    on
        goal_days.goal_key = frozen.goal_key
        and goal_days.as_of_date = frozen.as_of_date
        and frozen.line_no = 1
left join last_measured
    on goal_days.baseline_span_key = last_measured.span_key
left join {{ ref('int_kpi_measure') }} as measure
    on
        last_measured.span_key = measure.span_key
        and measure.as_of_date = least(goal_days.as_of_date, last_measured.measured_on)
