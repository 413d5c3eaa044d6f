{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goal version x as-of day: the worst state of its guardrails; shown beside, never a verdict
with guarded as (
    select
        goal.goal_key,
        goal.valid_from,
        goal.brand_key,
        goal.ownership,
        goal.platform,
        goal.account_key,
        goal.starts_on,
        goal.ends_on,
        guardrail.metric,
        guardrail.basis,
        guardrail.min_denominator,
        guardrail.lower_bound,
        guardrail.upper_bound
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ source('config', 'goal_guardrail') }} as guardrail
        on
            goal.goal_key = guardrail.goal_key
            and goal.valid_from = guardrail.valid_from
),

spans as (
    select
        goal_key,
        valid_from,
        ends_on,
        min_denominator,
        lower_bound,
        upper_bound,
        {{ span_key('starts_on', 'ends_on', "''") }} as span_key
    from guarded
),

states as (
    select
        spans.goal_key,
        spans.valid_from,
        measure.as_of_date,
        case
            when
                measure.actual is null
                or measure.observed = 0
                or {{ is_below('measure.coverage', '0.90') }}
                or measure.watermark < least(measure.as_of_date, spans.ends_on)
                or measure.denominator < spans.min_denominator
                then 0
            when
                {{ is_above('measure.actual', 'spans.upper_bound') }}
                or {{ is_below('measure.actual', 'spans.lower_bound') }}
                then 2
            else 1
        end as rank_no
    from spans
    inner join {{ ref('int_kpi_measure') }} as measure
        on spans.span_key = measure.span_key
)

select
    goal_key,
    valid_from,
    as_of_date,
    case
        when max(rank_no) = 2 then 'breached'
        when min(rank_no) = 0 then 'no_data'
        else 'ok'
    end as guardrail_state
from states
group by
    goal_key,
    valid_from,
    as_of_date
