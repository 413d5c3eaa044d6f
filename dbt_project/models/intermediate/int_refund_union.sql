{{ config(materialized='table') }}

-- a table: half a dozen models ask for it, and each would join orders, lines and refunds again
with refunds as (
    {{ union_of('refunds', [
        'account_key', 'refund_id', 'order_id', 'line_id', 'refund_cny', 'refunded_at',
    ]) }}
)

select
    refunds.account_key || '/' || refunds.refund_id as refund_key,
    refunds.account_key || '/' || refunds.order_id as order_key,
    lines.line_key,
    refunds.account_key,
    accounts.brand_key,
    -- a refund of an order that was never a sale takes nothing from sales; an order older than
    -- the history counts as paid
    orders.order_key is null or orders.paid_on is not null as is_of_paid_order,
    -- a shop gives freight back together with the last of the goods, and tells one amount
    cast(
        refunds.refund_cny - least(
            greatest(refunds.refund_cny - coalesce(lines.pay_cny, orders.paid_cny, refunds.refund_cny), 0),
            coalesce(orders.freight_cny, 0)
        ) as decimal(18, 2)
    ) as refund_cny,
    orders.paid_on,
    {{ shanghai_date('refunds.refunded_at') }} as refunded_on,
    refunds.refunded_at
from refunds
inner join {{ source('config', 'account') }} as accounts
    on refunds.account_key = accounts.account_key
left join {{ ref('int_order_union') }} as orders
    on refunds.account_key || '/' || refunds.order_id = orders.order_key
left join {{ ref('int_order_line_union') }} as lines
    on refunds.account_key || '/' || refunds.order_id || '/' || refunds.line_id = lines.line_key
where refunds.refunded_at < {{ end_of_as_of_date() }}
