{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day: the smallest last complete day over the accounts and sources that feed it (R1)
with stream_days as (
    select
        platform,
        stream,
        account_key,
        stat_date as as_of_date,
        max(case when status in ('ok', 'empty') then stat_date end) over (
            partition by platform, stream, account_key
            order by stat_date
            rows between unbounded preceding and current row
        ) as last_complete_on
    from {{ source('lake', 'source_day') }}
),

-- the streams of one part are alternatives: the furthest of them counts
parts as (
    select
        span.span_key,
        as_of.date as as_of_date,
        account.account_key,
        account.active_from,
        account.active_to,
        feed.part,
        max(stream_days.last_complete_on) as last_complete_on
    from {{ ref('int_kpi_span') }} as span
    inner join {{ ref('int_kpi_span_account') }} as account
        on span.span_key = account.span_key
    inner join {{ source('config', 'metric_source') }} as feed
        on
            span.metric = feed.metric
            and span.basis = feed.basis
            and account.platform = feed.platform
    inner join {{ source('config', 'day') }} as as_of
        on as_of.date between span.starts_on and least({{ as_of_date() }}, span.final_on)
    left join stream_days
        on
            feed.source_platform = stream_days.platform
            and feed.source_stream = stream_days.stream
            and account.account_key = stream_days.account_key
            and as_of.date = stream_days.as_of_date
    group by
        span.span_key,
        as_of.date,
        account.account_key,
        account.active_from,
        account.active_to,
        feed.part
)

select
    span_key,
    as_of_date,
    min(
        case
            when active_from > as_of_date then as_of_date
            when active_to < as_of_date and last_complete_on >= active_to then as_of_date
            else coalesce(last_complete_on, date '1900-01-01')
        end
    ) as watermark
from parts
group by
    span_key,
    as_of_date
