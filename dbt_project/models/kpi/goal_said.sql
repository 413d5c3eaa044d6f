-- what was published when, copied from the ledger
with goals as (
    select
        goal_key,
        brand_key,
        -- it may be in force no more
        row_number() over (partition by goal_key order by valid_from desc) as line_no
    from {{ ref('int_kpi_goal_version') }}
)

select
    said.goal_key,
    said.as_of_date,
    cast(said.revision as bigint) as revision,
    goals.brand_key,
    said.status,
    said.severity,
    cast(said.actual as double) as actual,
    cast(said.target as double) as target,
    said.release_id,
    said.said_at
from {{ source('ledger', 'said') }} as said
left join goals
    on
        said.goal_key = goals.goal_key
        and goals.line_no = 1
