{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='post_day',
) }}

select
    post_key,
    account_key,
    brand_key,
    stat_date,
    {%- for counter in post_counters() %}
    {{ counter }},
    {{ counter }}_total,
    {%- endfor %}
    {{ not_offered(['completed_plays', 'plays_5s']) }},
    cast(null as double) as watch_seconds,  -- only lifetime means are offered
    is_correction,
    span_days
from {{ ref('int_post_day_union') }}
where {{ only_changed('stat_date', 'post_day') }}
