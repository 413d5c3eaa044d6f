{{ config(materialized='table') }}

-- per shop and day: buyers whose first purchase is 30, 60 and 90 days old on that day, and how many
-- of them bought again on another day by then. An order that was fully refunded by that day is no
-- purchase, not a first one either; orders of one day are one occasion. History is left-censored:
-- buyers are new since it began
{% set windows = [30, 60, 90] -%}

with returns as (
    select
        order_key,
        refunded_on,
        sum(sum(refund_cny)) over (partition by order_key order by refunded_on) as refunded_so_far
    from {{ ref('int_refund_union') }}
    group by order_key, refunded_on
),

orders as (
    select
        orders.account_key,
        orders.buyer_key,
        orders.order_key,
        orders.paid_on,
        min(returns.refunded_on) as returned_on
    from {{ ref('fct_order') }} as orders
    left join returns
        on
            orders.order_key = returns.order_key
            and orders.paid_cny <= returns.refunded_so_far
    where
        orders.paid_on is not null
        and orders.buyer_key is not null
    group by orders.account_key, orders.buyer_key, orders.order_key, orders.paid_on
),

occasions as (
    select
        account_key,
        buyer_key,
        paid_on,
        max(coalesce(returned_on, date '9999-12-31')) as kept_until
    from orders
    group by account_key, buyer_key, paid_on
),

-- per buyer the occasion that was the first of those not returned by the day on which it is that old
{% for window in windows %}
buyers_{{ window }} as (
    select
        firsts.account_key,
        firsts.buyer_key,
        {{ add_days('firsts.paid_on', window) }} as stat_date,
        max(kept.paid_on) > firsts.paid_on as has_returned
    from occasions as firsts
    inner join occasions as kept
        on
            firsts.account_key = kept.account_key
            and firsts.buyer_key = kept.buyer_key
            and kept.paid_on <= {{ add_days('firsts.paid_on', window) }}
            and kept.kept_until > {{ add_days('firsts.paid_on', window) }}
    group by firsts.account_key, firsts.buyer_key, firsts.paid_on
    having min(kept.paid_on) = firsts.paid_on
),

days_{{ window }} as (
    select
        account_key,
        stat_date,
        cast(count(buyer_key) as bigint) as buyers,
        cast(sum(case when has_returned then 1 else 0 end) as bigint) as returned
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
