{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goal version: the day until which rows are judged; the row of that day is carried unchanged (R11)
with versions as (
    select
        goal_key,
        valid_from,
        final_on,
        final_on <= valid_to as is_finished,
        -- how far the rows that earlier versions made final reach
        max(case when final_on <= valid_to then final_on end) over (
            partition by goal_key order by valid_from
            rows between unbounded preceding and 1 preceding
        ) as finished_on
    from {{ ref('int_kpi_goal_version') }}
),

-- one accepted after its final day judges that day alone, unless a row that is final by its rules is
-- there already
judged as (
    select
        goal_key,
        valid_from,
        is_finished,
        case
            when valid_from <= final_on or coalesce(finished_on < final_on, true)
                then greatest(valid_from, final_on)
        end as last_judged_on
    from versions
)

select
    goal_key,
    valid_from,
    coalesce(
        last_judged_on,
        max(case when is_finished then last_judged_on end) over (
            partition by goal_key order by valid_from
            rows between unbounded preceding and 1 preceding
        )
    ) as judged_until
from judged
