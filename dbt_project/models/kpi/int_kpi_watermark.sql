{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- span x as-of day: the smallest last complete day over the accounts and sources that feed it (R1)
with feeds as (
    select
        span.span_key,
        span.starts_on,
        span.final_on,
        account.account_key,
        account.active_from,
        account.active_to,
        feed.part,
        feed.source_platform,
        feed.source_stream
    from {{ ref('int_kpi_span') }} as span
    inner join {{ ref('int_kpi_span_account') }} as account
        on span.span_key = account.span_key
    inner join {{ source('config', 'metric_source') }} as feed
        on
            span.metric = feed.metric
            and span.basis = feed.basis
            and account.platform = feed.platform
    where
        account.active_from <= span.ends_on
        and account.active_to >= span.starts_on
),

feeding as (
    select distinct
        source_platform,
        source_stream,
        account_key
    from feeds
),

stream_days as (
    select
        days.platform,
        days.stream,
        days.account_key,
        days.stat_date as as_of_date,
        max(case when days.status in ('ok', 'empty') then days.stat_date end) over (
            partition by days.platform, days.stream, days.account_key
            order by days.stat_date
            rows between unbounded preceding and current row
        ) as last_complete_on
    from {{ source('lake', 'source_day') }} as days
    inner join feeding
        on
            days.platform = feeding.source_platform
            and days.stream = feeding.source_stream
            and days.account_key = feeding.account_key
),

-- the streams of one part are alternatives: the furthest of them counts
parts as (
    select
        feeds.span_key,
        as_of.date as as_of_date,
        feeds.account_key,
        feeds.active_from,
        feeds.active_to,
        feeds.part,
        max(stream_days.last_complete_on) as last_complete_on
    from feeds
    inner join {{ source('config', 'day') }} as as_of
        on as_of.date between feeds.starts_on and least({{ as_of_date() }}, feeds.final_on)
    left join stream_days
        on
            feeds.source_platform = stream_days.platform
            and feeds.source_stream = stream_days.stream
            and feeds.account_key = stream_days.account_key
            -- nothing is expected of an account after its last day, so that day stands for those after it
            and least(as_of.date, feeds.active_to) = stream_days.as_of_date
    group by
        feeds.span_key,
        as_of.date,
        feeds.account_key,
        feeds.active_from,
        feeds.active_to,
        feeds.part
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
