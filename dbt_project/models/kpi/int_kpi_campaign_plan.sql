{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- campaign goal x as-of day: what its phases planned so far (R5), and the day it needs data for
with started_phases as (
    select
        target.goal_key,
        target.as_of_date,
        least(target.as_of_date, phase.ends_on) as needed_on,
        case
            when target.as_of_date >= phase.ends_on then phase.stated_target * measure.coverage
            else phase.stated_target * measure.share_observed
        end as expected_to_date
    from {{ ref('int_kpi_target') }} as target
    inner join {{ ref('int_kpi_goal_version') }} as campaign
        on
            target.goal_key = campaign.goal_key
            and target.valid_from = campaign.valid_from
            and campaign.level = 'campaign'
    inner join {{ ref('int_kpi_goal_version') }} as phase
        on
            campaign.campaign_key = phase.campaign_key
            and campaign.metric = phase.metric
            and campaign.basis = phase.basis
            and campaign.scope = phase.scope
            and campaign.valid_from = phase.valid_from
            and phase.level = 'phase'
            and target.as_of_date >= phase.starts_on
    left join {{ ref('int_kpi_measure') }} as measure
        on
            phase.span_key = measure.span_key
            and measure.as_of_date = least(target.as_of_date, phase.final_on)
)

select
    goal_key,
    as_of_date,
    max(needed_on) as needed_on,
    {{ exact_sum('expected_to_date') }} as expected_to_date
from started_phases
group by
    goal_key,
    as_of_date
