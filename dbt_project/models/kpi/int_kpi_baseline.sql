{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- the frozen baseline of each lift goal version (R9): the ledger's where it is told, else the
-- value at the first as-of day on which a goal on that phase would have a verdict; a rebase starts a
-- second line. The publish step appends the derived lines that the ledger does not hold yet.
with usable as (
    select
        goal.goal_key,
        goal.valid_from,
        goal.baseline_phase_key,
        goal.rebase_on,
        goal.baseline_ends_on,
        measure.as_of_date,
        measure.actual
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join {{ ref('int_kpi_measure') }} as measure
        on
            goal.baseline_span_key = measure.span_key
            and goal.baseline_ends_on <= measure.as_of_date
    -- the goal on the phase itself, where it states a target
    left join {{ ref('int_kpi_goal_version') }} as phase
        on
            goal.campaign_key = phase.campaign_key
            and goal.baseline_phase_key = phase.phase_key
            and goal.metric = phase.metric
            and goal.basis = phase.basis
            and goal.scope = phase.scope
            and goal.valid_from = phase.valid_from
    left join {{ ref('int_kpi_classified') }} as classified
        on
            goal.goal_key = classified.goal_key
            and goal.valid_from = classified.valid_from
            and classified.is_baseline
    left join {{ ref('int_kpi_measure') }} as classified_measure
        on
            classified.span_key = classified_measure.span_key
            and measure.as_of_date = classified_measure.as_of_date
    where
        measure.actual is not null
        and measure.observed > 0
        and not {{ is_below('measure.coverage', '0.90') }}
        and coalesce(measure.watermark, goal.baseline_ends_on) >= goal.baseline_ends_on
        and (
            measure.denominator is null
            or measure.denominator >= coalesce(goal.min_denominator, 0)
        )
        and not coalesce(
            {{ is_below('phase.stated_target * measure.denominator', 'goal.min_expected') }}, false
        )
        and not coalesce(
            {{ is_below('coalesce(classified_measure.actual, 0)', 'classified.min_classified') }}, false
        )
        and not coalesce(
            {{ is_below('measure.coverage', '1') }}
            and not {{ is_reached('measure.actual', 'phase.stated_target', 'goal.direction') }}
            and {{ is_reached('measure.actual / measure.coverage', 'phase.stated_target', 'goal.direction') }},
            false
        )
),

first_values as (
    select
        goal_key,
        valid_from,
        baseline_phase_key,
        cast(null as date) as rebase_on,
        as_of_date as frozen_on,
        actual,
        row_number() over (
            partition by goal_key, valid_from order by as_of_date
        ) as line_no
    from usable
),

-- a finished baseline is measured no more, so its last reading stands for the day of the rebase
rebased_values as (
    select
        goal_key,
        valid_from,
        baseline_phase_key,
        rebase_on,
        greatest(as_of_date, rebase_on) as frozen_on,
        actual,
        row_number() over (
            partition by goal_key, valid_from
            order by
                case when as_of_date >= rebase_on then 0 else 1 end,
                abs({{ days_between('as_of_date', 'rebase_on') }})
        ) as line_no
    from usable
    where
        rebase_on is not null
        and rebase_on <= {{ as_of_date() }}
),

-- entries of before there were phases in them speak of the phase that was lifted over at first
first_phases as (
    select
        goal_key,
        baseline_phase_key,
        row_number() over (partition by goal_key order by valid_from) as line_no
    from {{ ref('int_kpi_goal_version') }}
    where baseline_phase_key is not null
),

derived as (
    select
        goal_key,
        valid_from,
        baseline_phase_key,
        rebase_on,
        frozen_on,
        actual
    from first_values
    where line_no = 1
    union all
    select
        goal_key,
        valid_from,
        baseline_phase_key,
        rebase_on,
        frozen_on,
        actual
    from rebased_values
    where line_no = 1
    union all
    -- what was told stays where nothing would be frozen any more
    select
        goal.goal_key,
        goal.valid_from,
        goal.baseline_phase_key,
        ledger.as_of_date as rebase_on,
        ledger.as_of_date as frozen_on,
        ledger.baseline_value as actual
    from {{ ref('int_kpi_goal_version') }} as goal
    inner join first_phases
        on
            goal.goal_key = first_phases.goal_key
            and first_phases.line_no = 1
    inner join {{ source('ledger', 'baseline') }} as ledger
        on
            goal.goal_key = ledger.goal_key
            and goal.baseline_phase_key = coalesce(ledger.baseline_phase_key, first_phases.baseline_phase_key)
    left join first_values
        on
            goal.goal_key = first_values.goal_key
            and goal.valid_from = first_values.valid_from
            and first_values.line_no = 1
    where first_values.goal_key is null
),

told as (
    select
        derived.goal_key,
        derived.valid_from,
        derived.frozen_on,
        ledger.baseline_value,
        row_number() over (
            partition by derived.goal_key, derived.valid_from, derived.frozen_on
            order by ledger.as_of_date
        ) as line_no
    from derived
    inner join first_phases
        on
            derived.goal_key = first_phases.goal_key
            and first_phases.line_no = 1
    inner join {{ source('ledger', 'baseline') }} as ledger
        on
            derived.goal_key = ledger.goal_key
            and derived.baseline_phase_key = coalesce(ledger.baseline_phase_key, first_phases.baseline_phase_key)
            and ledger.as_of_date >= coalesce(derived.rebase_on, date '1900-01-01')
)

select
    derived.goal_key,
    derived.valid_from,
    derived.baseline_phase_key,
    derived.frozen_on,
    coalesce(told.baseline_value, derived.actual) as baseline_value,
    derived.rebase_on,
    told.baseline_value is not null as is_told
from derived
left join told
    on
        derived.goal_key = told.goal_key
        and derived.valid_from = told.valid_from
        and derived.frozen_on = told.frozen_on
        and told.line_no = 1
