{{ config(materialized='table') }}

-- per shop and day: buyers whose first purchase is 30, 60 and 90 days old on that day, and how many
-- of them bought again on another day by then. An order that was fully refunded by that day is no
-- purchase; orders of one day are one occasion. History is left-censored: buyers are new since it began
{% set windows = [30, 60, 90] -%}

with orders as (
    select
        order_key,
        account_key,
        buyer_key,
        paid_on,
        paid_cny,
        min(paid_on) over (partition by account_key, buyer_key) as first_on
    from {{ ref('fct_order') }}
    where
        paid_on is not null
        and buyer_key is not null
),

{% for window in windows %}
settled_{{ window }} as (
    select
        orders.account_key,
        orders.buyer_key,
        orders.paid_on,
        {{ add_days('orders.first_on', window) }} as stat_date,
        coalesce(sum(refunds.refund_cny) >= orders.paid_cny, false) as is_returned
    from orders
    left join {{ ref('int_refund_union') }} as refunds
        on
            orders.order_key = refunds.order_key
            and refunds.refunded_on <= {{ add_days('orders.first_on', window) }}
    where orders.paid_on <= {{ add_days('orders.first_on', window) }}
    group by orders.order_key, orders.account_key, orders.buyer_key, orders.paid_on, orders.first_on, orders.paid_cny
),

buyers_{{ window }} as (
    select
        account_key,
        stat_date,
        buyer_key,
        count(distinct paid_on) as occasions
    from settled_{{ window }}
    where not is_returned
    group by account_key, stat_date, buyer_key
),

days_{{ window }} as (
    select
        account_key,
        stat_date,
        cast(count(buyer_key) as bigint) as buyers,
        cast(sum(case when occasions > 1 then 1 else 0 end) as bigint) as returned
    from buyers_{{ window }}
    group by account_key, stat_date
),
{% endfor %}

observed as (
    select
        account_key,
        stat_date
    from {{ ref('int_shop_day') }}
    where orders is not null
)

select
    observed.account_key,
    observed.stat_date,
    {%- for window in windows %}
    coalesce(days_{{ window }}.buyers, 0) as buyers_{{ window }},
    coalesce(days_{{ window }}.returned, 0) as returned_{{ window }}{{ ',' if not loop.last }}
    {%- endfor %}
from observed
{%- for window in windows %}
left join days_{{ window }}
    on
        observed.account_key = days_{{ window }}.account_key
        and observed.stat_date = days_{{ window }}.stat_date
{%- endfor %}
