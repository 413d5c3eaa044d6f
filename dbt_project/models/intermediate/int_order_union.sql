with orders as (
    {{ union_of('orders', [
        'account_key', 'order_id', 'buyer_key', 'status', 'units', 'paid_cny', 'created_on',
        'created_at', 'paid_at',
    ]) }}
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
    orders.created_on,
    {{ shanghai_date('orders.paid_at') }} as paid_on,
    orders.created_at,
    orders.paid_at
from orders
inner join {{ source('config', 'account') }} as accounts
    on orders.account_key = accounts.account_key
