with units as (
    select
        account_key,
        order_id,
        cast(sum(units) as bigint) as units
    from {{ ref('stg_douyin_shop__order_lines') }}
    group by account_key, order_id
),

orders as (
    select
        account_key,
        order_id,
        buyer_key,
        status,
        -- unpaid and cancelled orders are no sales; the platform keeps a pay time on some of them
        status_code not in (1, 4)
        and paid_at is not null as is_paid,
        pay_fen,
        post_fen,
        created_at,
        paid_at
    from {{ ref('stg_douyin_shop__orders') }}
)

select
    orders.account_key,
    orders.order_id,
    orders.buyer_key,
    orders.status,
    coalesce(units.units, 0) as units,
    case
        when orders.is_paid then {{ fen_to_cny('orders.pay_fen') }}
        else cast(0 as decimal(18, 2))
    end as paid_cny,
    -- whether the amount paid holds it is not stated
    {{ fen_to_cny('orders.post_fen') }} as freight_cny,
    {{ shanghai_date('orders.created_at') }} as created_on,
    orders.created_at,
    case when orders.is_paid then orders.paid_at end as paid_at
from orders
left join units
    on
        orders.account_key = units.account_key
        and orders.order_id = units.order_id
