{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goal versions on a tone of mentions: the span over which their classified share is measured
with goals as (
    select
        goal.goal_key,
        goal.valid_from,
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
)

select
    {{ span_key('starts_on', 'ends_on', "''") }} as span_key,
    goal_key,
    valid_from,
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
