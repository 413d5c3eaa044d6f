{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='metric_day',
    later_days='int_metric_later',
) }}

-- depends_on: {{ ref('int_metric_later') }}

{% set is_built = only_changed('stat_date', 'metric_day') -%}

-- every metric of the registry, day by day; what is registered is what is read
with changed_dates as (
    select
        account_key,
        platform,
        stat_date
    from {{ ref('int_account_date') }}
    where {{ is_built }}
),

changed_readings as (
    select
        metric,
        basis,
        account_key,
        stat_date
    from {{ ref('int_metric_read') }}
    where {{ is_built }}
)

{% for reading in var('metrics') %}
{{ metric_days(reading, 'changed_dates', 'changed_readings') }}
{{ 'union all' if not loop.last }}
{% endfor %}
