{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day: how many different members had been seen by its end, and how many of them
-- were known before the span began
with first_seen as (
    select
        span.span_key,
        member.member,
        min(greatest(member.stat_date, member.known_on)) as seen_on,
        max(case when member.first_on < span.starts_on then 1 else 0 end) as is_returning
    from {{ ref('int_kpi_span') }} as span
    inner join {{ ref('int_kpi_span_account') }} as account
        on span.span_key = account.span_key
    inner join {{ ref('int_metric_member') }} as member
        on
            span.metric = member.metric
            and span.basis = member.basis
            and account.account_key = member.account_key
            and member.stat_date between span.starts_on and span.ends_on
            and member.stat_date between account.active_from and account.active_to
    group by
        span.span_key,
        member.member
),

gained as (
    select
        span_key,
        seen_on,
        count(*) as members,
        sum(is_returning) as returning_members
    from first_seen
    group by
        span_key,
        seen_on
)

select
    span.span_key,
    as_of.date as as_of_date,
    cast(coalesce(sum(gained.members), 0) as double) as value,
    cast(coalesce(sum(gained.returning_members), 0) as double) as returning_members
from {{ ref('int_kpi_span') }} as span
inner join {{ source('config', 'metric') }} as metric
    on span.metric = metric.metric
inner join {{ source('config', 'day') }} as as_of
    on as_of.date between span.starts_on and least({{ as_of_date() }}, span.final_on)
left join gained
    on
        span.span_key = gained.span_key
        and as_of.date >= gained.seen_on
where
    span.aggregation = 'distinct'
    or metric.numerator_window in ('members', 'returning_members')
    or metric.denominator_window in ('members', 'returning_members')
group by
    span.span_key,
    as_of.date
