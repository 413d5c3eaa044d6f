with units as (
    select
        account_key,
        order_id,
        cast(sum(units) as bigint) as units
    from {{ ref('stg_xiaohongshu_shop__order_lines') }}
    group by account_key, order_id
),

orders as (
    select
        account_key,
        order_id,
        buyer_key,
        status,
        -- unpaid, closed and cancelled orders are no sales; type 5 are goods sent in exchange
        status_code not in (1, 8, 9)
        and type_code is distinct from 5
        and paid_at is not null as is_paid,
        -- it holds the deposit of a pre-sale, and freight, which no line does
        pay_fen - coalesce(post_fen, 0) as goods_fen,
        post_fen,
        created_at,
        paid_at
    from {{ ref('stg_xiaohongshu_shop__orders') }}
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
