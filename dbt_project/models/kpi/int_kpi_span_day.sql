{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- every day of every span: its weight, and how many accounts are expected to report
with days as (
    select
        span.span_key,
        span.curve,
        day.date as stat_date
    from {{ ref('int_kpi_span') }} as span
    inner join {{ source('config', 'day') }} as day
        on day.date between span.starts_on and span.ends_on
),

expected as (
    select
        days.span_key,
        days.stat_date,
        count(*) as expected_accounts
    from days
    inner join {{ ref('int_kpi_span_account') }} as account
        on
            days.span_key = account.span_key
            and days.stat_date between account.active_from and account.active_to
    group by
        days.span_key,
        days.stat_date
)

select
    days.span_key,
    days.stat_date,
    coalesce(pacing.weight, weekday.weight, 1) as weight,
    coalesce(expected.expected_accounts, 0) as expected_accounts
from days
left join expected
    on
        days.span_key = expected.span_key
        and days.stat_date = expected.stat_date
left join {{ source('config', 'pacing_weight') }} as pacing
    on
        days.curve = pacing.curve
        and days.stat_date = pacing.stat_date
left join {{ ref('int_kpi_weekday_weight') }} as weekday
    on
        days.span_key = weekday.span_key
        and weekday.weekday = {{ iso_weekday('days.stat_date') }}
