-- every transition of an incident, told or held back, copied from the ledger
with goals as (
    select
        goal_key,
        brand_key,
        -- it may be in force no more
        row_number() over (partition by goal_key order by valid_from desc) as line_no
    from {{ ref('int_kpi_goal_version') }}
)

select
    transition.alert_id,
    transition.goal_key,
    goals.brand_key,
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
left join goals
    on
        transition.goal_key = goals.goal_key
        and goals.line_no = 1
