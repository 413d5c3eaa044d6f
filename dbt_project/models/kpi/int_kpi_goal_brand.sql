{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- the brand of every goal that was ever set, also of one that is in force no more
with versions as (
    select
        goal_key,
        brand_key,
        row_number() over (partition by goal_key order by valid_from desc) as line_no
    from {{ ref('int_kpi_goal_version') }}
)

select
    goal_key,
    brand_key
from versions
where line_no = 1
