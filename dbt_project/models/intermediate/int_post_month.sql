{{ config(
    materialized='incremental',
    day_column='month_on',
    domain='post_day',
    by_month=true,
    reopened_days=1,
) }}

-- reopened_days: the newest month is open as long as days are added to it
{%- set scope -%}
    {%- if is_incremental() -%}
    days.stat_date >= date '{{ first_built_day('post_day', newest_closed_day(this)) }}'
    and {{ only_changed("cast(date_trunc('month', days.stat_date) as date)", 'post_day') }}
    {%- else -%}
    true
    {%- endif -%}
{%- endset %}

select {{ post_month_columns() | join(', ') }}
from {{ post_months(scope) }} as built
