-- the plan, the way so far and the way ahead of every goal in force, one point per day
with goals as (
    select
        goal.goal_key,
        goal.brand_key,
        goal.campaign_key,
        goal.metric,
        goal.basis,
        goal.scope,
        goal.level,
        goal.aggregation,
        goal.span_key,
        goal.final_on,
        status.target,
        status.actual,
        status.forecast,
        measure.opening,
        measure.level as recent_level,
        measure.deviation,
        measure.recent_days
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ ref('goal_status') }} as status
        on goal.goal_key = status.goal_key
    left join {{ ref('int_kpi_measure') }} as measure
        on
            goal.span_key = measure.span_key
            and measure.as_of_date = least({{ as_of_date() }}, goal.final_on)
    where {{ as_of_date() }} between goal.valid_from and goal.valid_to
),

days as (
    select
        goals.goal_key,
        day.stat_date as date,
        day.weight,
        sum(day.weight) over (
            partition by goals.goal_key order by day.stat_date
            rows between unbounded preceding and current row
        ) / nullif(sum(day.weight) over (partition by goals.goal_key), 0) as share,
        case
            when day.stat_date > {{ as_of_date() }} then day.weight
            else 0
        end as weight_ahead,
        elapsed.value,
        elapsed.highest,
        elapsed.numerator,
        elapsed.denominator,
        case
            when
                goals.aggregation in ('last', 'distinct', 'duration')
                or metric.numerator_window <> 'days'
                or metric.denominator_window <> 'days'
                then measure.actual
        end as whole
    from goals
    inner join {{ ref('int_kpi_span_day') }} as day
        on goals.span_key = day.span_key
    inner join {{ ref('int_kpi_span') }} as span
        on goals.span_key = span.span_key
    inner join {{ source('config', 'metric') }} as metric
        on span.metric = metric.metric
    left join {{ ref('int_kpi_measure') }} as measure
        on
            day.span_key = measure.span_key
            and day.stat_date = measure.as_of_date
    left join {{ ref('int_kpi_elapsed_day') }} as elapsed
        on
            day.span_key = elapsed.span_key
            and day.stat_date = elapsed.stat_date
            and elapsed.as_of_date = least({{ as_of_date() }}, goals.final_on)
),

running as (
    select
        goal_key,
        date,
        share,
        value,
        whole,
        sum(value) over (
            partition by goal_key order by date
            rows between unbounded preceding and current row
        ) as running_value,
        max(highest) over (
            partition by goal_key order by date
            rows between unbounded preceding and current row
        ) as running_highest,
        sum(numerator) over (
            partition by goal_key order by date
            rows between unbounded preceding and current row
        ) as running_numerator,
        sum(denominator) over (
            partition by goal_key order by date
            rows between unbounded preceding and current row
        ) as running_denominator,
        sum(weight_ahead) over (
            partition by goal_key order by date
            rows between unbounded preceding and current row
        ) as ahead,
        sum(weight_ahead * weight_ahead) over (
            partition by goal_key order by date
            rows between unbounded preceding and current row
        ) as ahead_squared
    from days
),

-- a campaign's plan is the sum of its phases' plans
phase_shares as (
    select
        campaign.goal_key,
        running.date,
        phase.target,
        running.share,
        phase.goal_key as phase_goal_key
    from goals as campaign
    inner join goals as phase
        on
            campaign.campaign_key = phase.campaign_key
            and campaign.metric = phase.metric
            and campaign.basis = phase.basis
            and campaign.scope = phase.scope
            and phase.level = 'phase'
    inner join running
        on phase.goal_key = running.goal_key
    where campaign.level = 'campaign'
),

campaign_plans as (
    select
        running.goal_key,
        running.date,
        {{ exact_sum('phase_shares.target * (phase_shares.share - coalesce(before.share, 0))') }} as planned
    from running
    inner join phase_shares
        on
            running.goal_key = phase_shares.goal_key
            and running.date = phase_shares.date
    left join phase_shares as before
        on
            phase_shares.phase_goal_key = before.phase_goal_key
            and phase_shares.goal_key = before.goal_key
            and before.date = {{ add_days('phase_shares.date', -1) }}
    group by
        running.goal_key,
        running.date
),

running_plans as (
    select
        running.goal_key,
        running.date,
        sum(campaign_plans.planned) over (
            partition by running.goal_key order by running.date
            rows between unbounded preceding and current row
        ) as planned
    from running
    left join campaign_plans
        on
            running.goal_key = campaign_plans.goal_key
            and running.date = campaign_plans.date
),

points as (
    select
        goals.goal_key,
        goals.brand_key,
        running.date,
        goals.target,
        case
            when running.date > {{ as_of_date() }} then null
            -- what cannot be added up day by day stands as it was measured on each day
            when running.whole is not null or goals.aggregation in ('last', 'distinct', 'duration')
                then running.whole
            when goals.aggregation = 'ratio'
                then running.running_numerator / nullif(running.running_denominator, 0)
            when goals.aggregation = 'max' then running.running_highest
            else running.running_value
        end as actual_cumulative,
        case
            when goals.level = 'campaign' then running_plans.planned
            when goals.aggregation in ('sum', 'distinct') then goals.target * running.share
            when goals.aggregation = 'last'
                then goals.opening + (goals.target - goals.opening) * running.share
            else goals.target
        end as expected_cumulative,
        case
            when running.date > {{ as_of_date() }} and goals.forecast is not null
                then goals.actual + goals.recent_level * running.ahead
        end as forecast,
        1.2816 * goals.deviation
        * sqrt(running.ahead_squared + running.ahead * running.ahead / goals.recent_days) as half_width
    from goals
    inner join running
        on goals.goal_key = running.goal_key
    inner join running_plans
        on
            running.goal_key = running_plans.goal_key
            and running.date = running_plans.date
)

select
    goal_key,
    brand_key,
    date,
    cast(actual_cumulative as double) as actual_cumulative,
    cast(expected_cumulative as double) as expected_cumulative,
    cast(forecast as double) as forecast,
    cast(forecast - half_width as double) as forecast_low,
    cast(forecast + half_width as double) as forecast_high,
    target
from points
