{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- every stretch of days that some goal, baseline, guardrail or tone needs measured; shared ones once
with guarded as (
    select
        guardrail.metric,
        guardrail.basis,
        guardrail.aggregation,
        -- shown as long as the goal is judged
        greatest(guardrail.restate_days, goal.restate_days) as restate_days,
        goal.brand_key,
        goal.ownership,
        goal.platform,
        goal.account_key,
        goal.starts_on,
        goal.ends_on
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ source('config', 'goal_guardrail') }} as guardrail
        on
            goal.goal_key = guardrail.goal_key
            and goal.valid_from = guardrail.valid_from
),

spans as (
    select
        span_key,
        metric,
        basis,
        aggregation,
        brand_key,
        ownership,
        platform,
        account_key,
        curve,
        starts_on,
        ends_on,
        restate_days
    from {{ ref('int_kpi_goal_version') }}
    union all
    select
        baseline_span_key as span_key,
        metric,
        basis,
        aggregation,
        brand_key,
        ownership,
        platform,
        account_key,
        '' as curve,
        baseline_starts_on as starts_on,
        baseline_ends_on as ends_on,
        restate_days
    from {{ ref('int_kpi_goal_version') }}
    where baseline_span_key is not null
    union all
    select
        weekday_span_key as span_key,
        metric,
        basis,
        aggregation,
        brand_key,
        ownership,
        platform,
        account_key,
        '' as curve,
        weekday_starts_on as starts_on,
        weekday_ends_on as ends_on,
        restate_days
    from {{ ref('int_kpi_goal_version') }}
    where weekday_span_key is not null
    union all
    select
        {{ span_key('starts_on', 'ends_on', "''") }} as span_key,
        metric,
        basis,
        aggregation,
        brand_key,
        ownership,
        platform,
        account_key,
        '' as curve,
        starts_on,
        ends_on,
        restate_days
    from guarded
    union all
    select
        span_key,
        metric,
        basis,
        aggregation,
        brand_key,
        ownership,
        platform,
        account_key,
        '' as curve,
        starts_on,
        ends_on,
        restate_days
    from {{ ref('int_kpi_classified') }}
)

select
    span_key,
    metric,
    basis,
    aggregation,
    brand_key,
    ownership,
    platform,
    account_key,
    curve,
    starts_on,
    ends_on,
    {{ add_days('ends_on', 'max(restate_days)') }} as final_on
from spans
group by
    span_key,
    metric,
    basis,
    aggregation,
    brand_key,
    ownership,
    platform,
    account_key,
    curve,
    starts_on,
    ends_on
