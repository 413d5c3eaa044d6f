{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='metric_day',
    later_days='int_metric_later',
) }}

-- depends_on: {{ ref('int_metric_later') }}

with summed as (
    select
        metric,
        basis,
        account_key,
        platform,
        stat_date,
        cast(sum(value) as double) as value,
        cast(sum(numerator) as double) as numerator,
        cast(sum(denominator) as double) as denominator
    from {{ ref('int_metric_event') }}
    where {{ only_changed('stat_date', 'metric_day') }}
    group by metric, basis, account_key, platform, stat_date
)

select
    summed.metric,
    summed.basis,
    summed.account_key,
    accounts.brand_key,
    summed.platform,
    summed.stat_date,
    metrics.aggregation,
    summed.value,
    summed.numerator,
    summed.denominator
from summed
inner join {{ source('config', 'account') }} as accounts
    on summed.account_key = accounts.account_key
inner join {{ source('config', 'metric') }} as metrics
    on summed.metric = metrics.metric
