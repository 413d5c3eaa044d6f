{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- goal x as-of day until final: the verdict on the figures (R6, R8, R10)
with compared as (
    select
        goal_key,
        as_of_date,
        level,
        phase_state,
        aggregation,
        direction,
        is_monotone,
        target,
        baseline_value,
        baseline_restated,
        ends_on,
        final_on,
        actual,
        numerator,
        denominator,
        coverage,
        watermark,
        recent_per_day,
        expected_to_date,
        forecast,
        forecast_low,
        forecast_high,
        no_data_reason,
        case
            when direction = 'lower' then target / nullif(actual, 0)
            else actual / nullif(target, 0)
        end as attainment,
        case
            when aggregation = 'last'
                then (actual - opening) / nullif(expected_to_date - opening, 0)
            when direction = 'lower' then expected_to_date / nullif(actual, 0)
            else actual / nullif(expected_to_date, 0)
        end as pace,
        {{ is_reached('actual', 'target', 'direction') }} as is_reached,
        {{ is_reached('actual', 'expected_to_date', 'direction') }} as is_on_right_side,
        -- missing days could still lift a closed goal to its target
        {{ is_below('coverage', '1') }}
        and {{ is_reached('actual / coverage', 'target', 'direction') }} as is_open_to_missing_days,
        case
            when direction = 'lower'
                then
                    {{ is_above('forecast_low', 'target') }}
                    or (aggregation = 'sum' and is_monotone and {{ is_above('actual', 'target') }})
            else {{ is_below('forecast_high', 'target') }}
        end as is_out_of_reach,
        case
            when direction = 'lower' then {{ is_above('forecast', 'target') }}
            else {{ is_below('forecast', 'target') }}
        end as is_forecast_short
    from {{ ref('int_kpi_figures') }}
),

judged as (
    select
        goal_key,
        as_of_date,
        case
            when no_data_reason is not null then 'no_data'
            when phase_state = 'closed' and is_reached then 'met'
            when phase_state = 'closed' and is_open_to_missing_days then 'open_to_missing_days'
            when phase_state = 'closed' then 'missed'
            when is_reached and is_monotone and aggregation = 'sum' and direction = 'higher' then 'met'
            when is_out_of_reach then 'out_of_reach'
            when {{ is_below('pace', '0.95') }} or is_forecast_short then 'behind'
            when pace is null and not is_on_right_side then 'behind'
            else 'on_track'
        end as finding
    from compared
),

shown as (
    select
        goal_key,
        as_of_date,
        -- a stale or unborn row shows its target only
        coalesce(no_data_reason, '') not in ('phase_not_started', 'baseline_open', 'stale_source') as has_figures,
        no_data_reason is null
        and phase_state = 'active'
        and aggregation = 'sum' as is_running
    from compared
)

select
    compared.goal_key,
    compared.as_of_date,
    compared.phase_state,
    compared.target,
    case when shown.has_figures then compared.actual end as actual,
    case when shown.has_figures then compared.numerator end as numerator,
    case when shown.has_figures then compared.denominator end as denominator,
    case when shown.has_figures then compared.target - compared.actual end as gap,
    case when shown.has_figures then compared.expected_to_date end as expected_to_date,
    case when shown.has_figures then compared.attainment end as attainment,
    case when shown.has_figures then compared.pace end as pace,
    case
        when compared.phase_state = 'upcoming' then null
        else greatest({{ days_between('compared.as_of_date', 'compared.ends_on') }}, 0)
    end as days_left,
    case
        when shown.is_running
            then
                greatest(compared.target - compared.actual, 0)
                / {{ days_between('compared.as_of_date', 'compared.ends_on') }}
    end as required_per_day,
    case when shown.is_running then compared.recent_per_day end as recent_per_day,
    case when shown.is_running then compared.forecast end as forecast,
    case when shown.is_running then compared.forecast_low end as forecast_low,
    case when shown.is_running then compared.forecast_high end as forecast_high,
    case judged.finding
        when 'open_to_missing_days' then 'no_data'
        when 'out_of_reach' then 'at_risk'
        when 'behind' then 'at_risk'
        else judged.finding
    end as status,
    case judged.finding
        when 'missed' then 'critical'
        when 'out_of_reach' then 'critical'
        when 'behind' then 'warning'
    end as severity,
    case
        when judged.finding = 'open_to_missing_days' then 'low_coverage'
        else compared.no_data_reason
    end as reason,
    case when shown.has_figures then compared.coverage end as coverage,
    compared.as_of_date >= compared.final_on as is_final,
    compared.watermark,
    compared.baseline_value,
    compared.baseline_restated
from compared
inner join judged
    on
        compared.goal_key = judged.goal_key
        and compared.as_of_date = judged.as_of_date
inner join shown
    on
        compared.goal_key = shown.goal_key
        and compared.as_of_date = shown.as_of_date
