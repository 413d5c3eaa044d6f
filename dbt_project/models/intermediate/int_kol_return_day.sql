{{ config(materialized='table') }}

-- contracts on the day on which a window after their publication closes; what the other account's own
-- board says of the post counts with the longest one
select
    paying_account_key as account_key,
    closed_on as stat_date,
    {%- for figure in ['impressions', 'plays', 'engagements', 'new_followers'] %}
    cast(sum(case when window_days = 14 and post_{{ figure }} is not null then cost_cny else 0 end) as decimal(18, 2)) as cost_of_{{ figure }}_cny,
    cast(sum(case when window_days = 14 then coalesce(post_{{ figure }}, 0) else 0 end) as bigint) as kol_{{ figure }},
    {%- endfor %}
    {%- for days in [1, 3, 7, 14] %}
    cast(sum(case when window_days = {{ days }} then cost_cny else 0 end) as decimal(18, 2)) as cost_{{ days }}d_cny,
    cast(sum(case when window_days = {{ days }} then paid_cny else 0 end) as decimal(18, 2)) as paid_{{ days }}d_cny,
    cast(sum(case when window_days = {{ days }} then paid_cny - refunded_cny else 0 end) as decimal(18, 2)) as net_{{ days }}d_cny{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('mart_kol') }}
where is_final
group by paying_account_key, closed_on
