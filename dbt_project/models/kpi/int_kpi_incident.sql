{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goal x as-of day: the day on which the incident that is open then was opened (S2 to S4)
with verdicts as (
    select
        goal_key,
        as_of_date,
        status,
        is_final,
        lag(status) over (partition by goal_key order by as_of_date) as previous_status
    from {{ ref('int_kpi_carried') }}
    where status <> 'no_data'
),

closings as (
    select
        day.goal_key,
        day.as_of_date,
        day.status,
        case
            when verdicts.status = 'met' then 1
            when verdicts.status = 'on_track' and verdicts.previous_status = 'on_track' then 1
            when
                verdicts.status = 'missed'
                and verdicts.is_final
                and verdicts.previous_status = 'missed' then 1
            else 0
        end as is_closing
    from {{ ref('int_kpi_carried') }} as day
    left join verdicts
        on
            day.goal_key = verdicts.goal_key
            and day.as_of_date = verdicts.as_of_date
),

numbered as (
    select
        goal_key,
        as_of_date,
        status,
        is_closing,
        coalesce(sum(is_closing) over (
            partition by goal_key
            order by as_of_date
            rows between unbounded preceding and 1 preceding
        ), 0) as incidents_before
    from closings
)

select
    goal_key,
    as_of_date,
    case
        when is_closing = 0
            then min(case when status in ('at_risk', 'missed') then as_of_date end) over (
                partition by goal_key, incidents_before
                order by as_of_date
                rows between unbounded preceding and current row
            )
    end as incident_opened_on
from numbered
