{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- the weight of each weekday for goals paced by it (R4): its mean share of a week over the complete
-- ones of the 8 ISO weeks before the goal starts, as they were known on its first day. The ledger
-- has the word once it was told. Under 4 complete weeks there is no row, and the goal runs linear
with goals as (
    select distinct
        span_key,
        weekday_span_key,
        starts_on
    from {{ ref('int_kpi_goal_version') }}
    where
        weekday_span_key is not null
        and starts_on <= {{ as_of_date() }}
),

expected as (
    select
        goals.span_key,
        day.date as stat_date,
        count(*) as expected_accounts
    from goals
    inner join {{ ref('int_kpi_span') }} as span
        on goals.weekday_span_key = span.span_key
    inner join {{ source('config', 'day') }} as day
        on day.date between span.starts_on and span.ends_on
    inner join {{ ref('int_kpi_span_account') }} as account
        on
            goals.weekday_span_key = account.span_key
            and day.date between account.active_from and account.active_to
    group by
        goals.span_key,
        day.date
),

known as (
    select
        goals.span_key,
        event.stat_date,
        {{ exact_sum('event.value') }} as value,
        sum(event.observed_accounts) as observed_accounts
    from goals
    inner join {{ ref('int_kpi_span_event') }} as event
        on
            goals.weekday_span_key = event.span_key
            and goals.starts_on >= event.known_on
    group by
        goals.span_key,
        event.stat_date
),

-- one that an account lacks a day of is not complete, and nothing at all has no shares
weeks as (
    select
        known.span_key,
        {{ add_days('known.stat_date', '1 - ' ~ iso_weekday('known.stat_date')) }} as monday,
        {{ exact_sum('known.value') }} as value
    from known
    inner join expected
        on
            known.span_key = expected.span_key
            and known.stat_date = expected.stat_date
    where known.observed_accounts >= expected.expected_accounts
    group by
        known.span_key,
        {{ add_days('known.stat_date', '1 - ' ~ iso_weekday('known.stat_date')) }}
    having
        count(*) = 7
        and sum(known.value) > 0
        and min(known.value) >= 0
),

shares as (
    select
        known.span_key,
        {{ iso_weekday('known.stat_date') }} as weekday,
        avg(known.value / weeks.value) as weight,
        count(*) as complete_weeks
    from known
    inner join weeks
        on
            known.span_key = weeks.span_key
            and weeks.monday = {{ add_days('known.stat_date', '1 - ' ~ iso_weekday('known.stat_date')) }}
    group by
        known.span_key,
        {{ iso_weekday('known.stat_date') }}
),

told as (
    select
        goals.span_key,
        goals.starts_on,
        ledger.weekday,
        ledger.weight,
        row_number() over (
            partition by goals.span_key, ledger.weekday order by ledger.as_of_date
        ) as line_no
    from goals
    inner join {{ source('ledger', 'weekday_share') }} as ledger
        on goals.span_key = ledger.span_key
)

select
    span_key,
    starts_on as frozen_on,
    weekday,
    weight,
    true as is_told
from told
where line_no = 1

union all

select
    goals.span_key,
    goals.starts_on as frozen_on,
    shares.weekday,
    shares.weight,
    false as is_told
from goals
inner join shares
    on goals.span_key = shares.span_key
where
    shares.complete_weeks >= 4
    and not exists (
        select 1
        from told
        where told.span_key = goals.span_key
    )
