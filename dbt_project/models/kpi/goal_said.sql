-- what was published when, copied from the ledger
select
    said.goal_key,
    said.as_of_date,
    cast(said.revision as bigint) as revision,
    goal.brand_key,
    said.status,
    said.severity,
    cast(said.actual as double) as actual,
    cast(said.target as double) as target,
    said.release_id,
    said.said_at
from {{ source('ledger', 'said') }} as said
left join {{ ref('int_kpi_goal_brand') }} as goal
    on said.goal_key = goal.goal_key
