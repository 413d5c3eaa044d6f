{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}

-- goals as the files say them, each version with its days in force and what it measures
select
    goal_key,
    level,
    campaign_key,
    phase_key,
    metric,
    basis,
    brand_key,
    ownership,
    platform,
    account_key,
    scope,
    aggregation,
    direction,
    objective,
    unit,
    is_monotone,
    min_denominator,
    min_expected,
    restate_days,
    target as stated_target,
    baseline_phase_key,
    lift_factor,
    pacing,
    curve,
    owner_name,
    config_version,
    campaign_starts_on,
    starts_on,
    ends_on,
    baseline_starts_on,
    baseline_ends_on,
    rebase_on,
    valid_from,
    coalesce(valid_to, date '2999-12-31') as valid_to,
    {{ add_days('ends_on', 'restate_days') }} as final_on,
    {{ days_between('starts_on', 'ends_on') }} + 1 as phase_days,
    {{ span_key('starts_on', 'ends_on', 'curve') }} as span_key,
    case
        when baseline_phase_key is not null
            then {{ span_key('baseline_starts_on', 'baseline_ends_on', "''") }}
    end as baseline_span_key,
    -- the 8 ISO weeks before the one in which it starts; only a sum has shares of weekdays
    case
        when pacing = 'weekday' and aggregation = 'sum' then {{ weeks_before('starts_on', 8) }}
    end as weekday_starts_on,
    case
        when pacing = 'weekday' and aggregation = 'sum'
            then {{ add_days('starts_on', '-' ~ iso_weekday('starts_on')) }}
    end as weekday_ends_on,
    case
        when pacing = 'weekday' and aggregation = 'sum'
            then {{ span_key(
                weeks_before('starts_on', 8), add_days('starts_on', '-' ~ iso_weekday('starts_on')), "''"
            ) }}
    end as weekday_span_key
from {{ source('config', 'goal') }}
