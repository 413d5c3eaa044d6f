-- derived in one pass for every as-of day, so that a replay gives what was lived
with first_closed as (
    select
        goal_key,
        as_of_date,
        status,
        row_number() over (partition by goal_key order by as_of_date) as line_no
    from {{ ref('int_kpi_carried') }}
    where
        phase_state = 'closed'
        and status <> 'no_data'
),

-- what a stale row last said: the newest verdict not after its watermark
last_known as (
    select
        stale.goal_key,
        stale.as_of_date,
        verdict.status,
        row_number() over (
            partition by stale.goal_key, stale.as_of_date order by verdict.as_of_date desc
        ) as line_no
    from {{ ref('int_kpi_carried') }} as stale
    inner join {{ ref('int_kpi_carried') }} as verdict
        on
            stale.goal_key = verdict.goal_key
            and stale.watermark >= verdict.as_of_date
            and verdict.status <> 'no_data'
    where stale.reason = 'stale_source'
)

select
    carried.goal_key,
    carried.as_of_date,
    goal.level,
    goal.campaign_key,
    goal.phase_key,
    goal.brand_key,
    goal.metric,
    goal.basis,
    goal.platform,
    goal.account_key,
    goal.unit,
    goal.aggregation,
    carried.target,
    carried.actual,
    carried.numerator,
    carried.denominator,
    carried.gap,
    carried.expected_to_date,
    carried.attainment,
    carried.pace,
    carried.days_left,
    carried.required_per_day,
    carried.recent_per_day,
    carried.forecast,
    carried.forecast_low,
    carried.forecast_high,
    carried.phase_state,
    carried.status,
    carried.severity,
    carried.reason,
    carried.coverage,
    carried.is_final,
    case
        when
            carried.phase_state = 'closed'
            and carried.as_of_date > first_closed.as_of_date
            and carried.status <> first_closed.status
            then first_closed.status
    end as restated_from,
    last_known.status as last_known_status,
    carried.baseline_value,
    carried.baseline_restated,
    guardrail.guardrail_state,
    incident.incident_opened_on,
    goal.owner_name,
    cast('{{ var("release_id", none) or "" }}' as string) as release_id
from {{ ref('int_kpi_carried') }} as carried
inner join {{ ref('int_kpi_goal_version') }} as goal
    on
        carried.goal_key = goal.goal_key
        and carried.valid_from = goal.valid_from
left join first_closed
    on
        carried.goal_key = first_closed.goal_key
        and first_closed.line_no = 1
left join last_known
    on
        carried.goal_key = last_known.goal_key
        and carried.as_of_date = last_known.as_of_date
        and last_known.line_no = 1
left join {{ ref('int_kpi_guardrail') }} as guardrail
    on
        carried.goal_key = guardrail.goal_key
        and carried.valid_from = guardrail.valid_from
        and guardrail.as_of_date = least(carried.judged_on, goal.final_on)
left join {{ ref('int_kpi_incident') }} as incident
    on
        carried.goal_key = incident.goal_key
        and carried.as_of_date = incident.as_of_date
