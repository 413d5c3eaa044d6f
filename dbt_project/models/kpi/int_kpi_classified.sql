{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goal versions on a tone of mentions: the spans over which their classified share is measured, their
-- own and that of the phase they lift over
with goals as (
    select
        goal.goal_key,
        goal.valid_from,
        false as is_baseline,
        'classified_share' as metric,
        '-' as basis,
        goal.brand_key,
        goal.ownership,
        goal.platform,
        goal.account_key,
        goal.starts_on,
        goal.ends_on,
        goal.restate_days,
        metric.min_classified
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ source('config', 'metric') }} as metric
        on goal.metric = metric.metric
    where metric.min_classified is not null
    union all
    select
        goal.goal_key,
        goal.valid_from,
        true as is_baseline,
        'classified_share' as metric,
        '-' as basis,
        goal.brand_key,
        goal.ownership,
        goal.platform,
        goal.account_key,
        goal.baseline_starts_on as starts_on,
        goal.baseline_ends_on as ends_on,
        goal.restate_days,
        metric.min_classified
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ source('config', 'metric') }} as metric
        on goal.metric = metric.metric
    where
        metric.min_classified is not null
        and goal.baseline_span_key is not null
)

select
    {{ span_key('starts_on', 'ends_on', "''") }} as span_key,
    goal_key,
    valid_from,
    is_baseline,
    metric,
    basis,
    'ratio' as aggregation,
    brand_key,
    ownership,
    platform,
    account_key,
    starts_on,
    ends_on,
    restate_days,
    min_classified
from goals
