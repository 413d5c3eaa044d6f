-- every transition of an incident, told or held back, copied from the ledger
select
    transition.alert_id,
    transition.goal_key,
    goal.brand_key,
    transition.rule,
    transition.transition,
    transition.severity,
    transition.as_of_date,
    transition.created_at,
    transition.release_id,
    transition.inhibited_by,
    transition.suppressed_by,
    transition.message
from {{ source('ledger', 'transition') }} as transition
left join {{ ref('int_kpi_goal_brand') }} as goal
    on transition.goal_key = goal.goal_key
