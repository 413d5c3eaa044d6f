{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='metric_day',
) }}

-- the days of which everything was read that a metric needs: of each part one stream at least
with parts as (
    select
        metric,
        basis,
        platform,
        part,
        source_platform,
        source_stream,
        max(part) over (partition by metric, basis, platform) as parts
    from {{ source('config', 'metric_source') }}
)

select
    parts.metric,
    parts.basis,
    days.account_key,
    days.stat_date
from {{ ref('int_observed_day') }} as days
inner join {{ source('config', 'account') }} as accounts
    on days.account_key = accounts.account_key
inner join parts
    on
        accounts.platform = parts.platform
        and days.source_platform = parts.source_platform
        and days.source_stream = parts.source_stream
where {{ only_changed('days.stat_date', 'metric_day') }}
group by parts.metric, parts.basis, days.account_key, days.stat_date, parts.parts
having count(distinct parts.part) = parts.parts
