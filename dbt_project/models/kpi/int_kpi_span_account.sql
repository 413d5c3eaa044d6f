{{ config(materialized='table', schema='intermediate', contract={'enforced': false}) }}

-- the accounts that feed a span: those of its scope that have a source of the metric
with fed_platforms as (
    select distinct
        metric,
        basis,
        platform
    from {{ source('config', 'metric_source') }}
)

select
    span.span_key,
    span.metric,
    span.basis,
    account.account_key,
    account.platform,
    coalesce(account.active_from, date '1900-01-01') as active_from,
    coalesce(account.active_to, date '2999-12-31') as active_to
from {{ ref('int_kpi_span') }} as span
inner join {{ source('config', 'account') }} as account
    on
        span.brand_key = account.brand_key
        and span.ownership = account.ownership
        and coalesce(span.platform, account.platform) = account.platform
        and coalesce(span.account_key, account.account_key) = account.account_key
inner join fed_platforms
    on
        span.metric = fed_platforms.metric
        and span.basis = fed_platforms.basis
        and account.platform = fed_platforms.platform
