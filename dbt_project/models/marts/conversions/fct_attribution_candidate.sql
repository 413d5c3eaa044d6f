{{ config(
    materialized='incremental',
    day_column='created_on',
    domain='order_day',
) }}

select
    line_key,
    brand_key,
    candidate_no,
    method,
    account_key,
    post_key,
    live_key,
    is_winner,
    window_days,
    rule_version,
    created_on
from {{ ref('int_attribution_candidate') }}
where {{ only_changed('created_on', 'order_day') }}
