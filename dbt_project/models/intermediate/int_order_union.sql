with orders as (
    {{ union_of('orders', [
        'account_key', 'order_id', 'buyer_key', 'status', 'units', 'paid_cny', 'freight_cny',
        'created_on', 'created_at', 'paid_at',
    ]) }}
),

-- a stream read after midnight brings what is not yet of the as-of day
known_orders as (
    select
        account_key,
        order_id,
        buyer_key,
        status,
        units,
        case
            when paid_at < {{ end_of_as_of_date() }} then paid_cny
            else cast(0 as decimal(18, 2))
        end as paid_cny,
        case when paid_at < {{ end_of_as_of_date() }} then freight_cny end as freight_cny,
        created_on,
        created_at,
        case when paid_at < {{ end_of_as_of_date() }} then paid_at end as paid_at
    from orders
    where created_on <= {{ as_of_date() }}
)

select
    orders.account_key || '/' || orders.order_id as order_key,
    orders.account_key,
    accounts.brand_key,
    orders.order_id,
    orders.buyer_key,
    orders.status,
    orders.units,
    orders.paid_cny,
    orders.freight_cny,
    orders.created_on,
    {{ shanghai_date('orders.paid_at') }} as paid_on,
    orders.created_at,
    orders.paid_at
from known_orders as orders
inner join {{ source('config', 'account') }} as accounts
    on orders.account_key = accounts.account_key
