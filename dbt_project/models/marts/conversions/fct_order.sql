{{ config(
    materialized='incremental',
    day_column='created_on',
    domain='order_day',
) }}

with orders as (
    select
        order_key,
        account_key,
        brand_key,
        order_id,
        buyer_key,
        created_at,
        created_on,
        paid_at,
        paid_on,
        status,
        paid_cny,
        freight_cny,
        units
    from {{ ref('int_order_union') }}
    where {{ only_changed('created_on', 'order_day') }}
),

refunded as (
    select
        order_key,
        cast(sum(refund_cny) as decimal(18, 2)) as refunded_cny
    from {{ ref('int_refund_union') }}
    where is_of_paid_order
    group by order_key
),

methods as (
    select
        order_key,
        case
            when min(attribution_method) = max(attribution_method) then min(attribution_method)
            else 'mixed'
        end as attribution_method
    from {{ ref('fct_order_line') }}
    group by order_key
)

select
    orders.order_key,
    orders.account_key,
    orders.brand_key,
    orders.order_id,
    orders.buyer_key,
    orders.created_at,
    orders.created_on,
    orders.paid_at,
    orders.paid_on,
    orders.status,
    orders.paid_cny,
    coalesce(refunded.refunded_cny, cast(0 as decimal(18, 2))) as refunded_cny,
    cast(orders.paid_cny - coalesce(refunded.refunded_cny, cast(0 as decimal(18, 2))) as decimal(18, 2)) as net_cny,
    orders.freight_cny,
    orders.units,
    coalesce(methods.attribution_method, 'unattributed') as attribution_method
from orders
left join refunded
    on orders.order_key = refunded.order_key
left join methods
    on orders.order_key = methods.order_key
