with units as (
    select
        account_key,
        order_id,
        cast(sum(units) as bigint) as units
    from {{ ref('stg_youzan__trade_lines') }}
    group by account_key, order_id
),

orders as (
    select
        account_key,
        order_id,
        buyer_key,
        status,
        -- a closed trade was never paid or was given back whole; no refund tells of it, so that it
        -- is no sale
        status_code not in ('WAIT_BUYER_PAY', 'TRADE_CLOSED')
        and (paid_at is not null or is_marked_paid) as is_paid,
        -- the payment holds freight, which no line does
        cast(pay_cny - coalesce(post_cny, cast(0 as decimal(18, 2))) as decimal(18, 2)) as goods_cny,
        post_cny,
        created_at,
        coalesce(paid_at, created_at) as paid_at
    from {{ ref('stg_youzan__trades') }}
)

select
    orders.account_key,
    orders.order_id,
    orders.buyer_key,
    orders.status,
    coalesce(units.units, 0) as units,
    case
        when orders.is_paid then orders.goods_cny
        else cast(0 as decimal(18, 2))
    end as paid_cny,
    orders.post_cny as freight_cny,
    {{ shanghai_date('orders.created_at') }} as created_on,
    orders.created_at,
    case when orders.is_paid then orders.paid_at end as paid_at
from orders
left join units
    on
        orders.account_key = units.account_key
        and orders.order_id = units.order_id
