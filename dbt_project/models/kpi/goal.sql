-- the version in force at the release; a lift's target is the one frozen so far
select
    goal.goal_key,
    goal.level,
    goal.campaign_key,
    goal.phase_key,
    goal.brand_key,
    goal.metric,
    goal.platform,
    goal.account_key,
    goal.basis,
    goal.aggregation,
    goal.direction,
    goal.objective,
    coalesce(goal.stated_target, status.target) as target,
    goal.baseline_phase_key,
    goal.lift_factor,
    case
        when
            goal.pacing = 'weekday'
            and goal.starts_on <= {{ as_of_date() }}
            and goal.span_key not in (select span_key from {{ ref('int_kpi_weekday_weight') }})
            then 'weekday_as_linear'
        else goal.pacing
    end as pacing,
    goal.owner_name,
    goal.config_version
from {{ ref('int_kpi_goal_version') }} as goal
left join {{ ref('goal_status') }} as status
    on goal.goal_key = status.goal_key
where {{ as_of_date() }} between goal.valid_from and goal.valid_to
