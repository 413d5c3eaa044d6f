with units as (
    select
        account_key,
        order_id,
        cast(sum(units) as bigint) as units
    from {{ ref('stg_wechat_shop__order_lines') }}
    group by account_key, order_id
),

orders as (
    select
        account_key,
        order_id,
        buyer_key,
        status,
        -- the status goes back at times (20, then 10), so that the payment decides; an order that
        -- was cancelled as a whole is no sale, and no after-sale tells of its money
        status_code not in (190, 250)
        and (paid_at is not null or payment_id is not null) as is_paid,
        -- what the buyer owes holds freight, which no line does
        order_fen - coalesce(post_fen, 0) as goods_fen,
        post_fen,
        created_at,
        coalesce(paid_at, created_at) as paid_at
    from {{ ref('stg_wechat_shop__orders') }}
)

select
    orders.account_key,
    orders.order_id,
    orders.buyer_key,
    orders.status,
    coalesce(units.units, 0) as units,
    case
        when orders.is_paid then {{ fen_to_cny('orders.goods_fen') }}
        else cast(0 as decimal(18, 2))
    end as paid_cny,
    {{ fen_to_cny('orders.post_fen') }} as freight_cny,
    {{ shanghai_date('orders.created_at') }} as created_on,
    orders.created_at,
    case when orders.is_paid then orders.paid_at end as paid_at
from orders
left join units
    on
        orders.account_key = units.account_key
        and orders.order_id = units.order_id
