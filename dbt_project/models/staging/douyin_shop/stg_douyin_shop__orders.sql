select
    account_key,
    cast(order_id as string) as order_id,
    cast(shop_id as string) as shop_id,
    nullif(doudian_open_id, '') as buyer_key,
    cast(order_status as bigint) as status_code,
    case order_status
        when 1 then 'unpaid'
        when 105 then 'paid'
        when 2 then 'preparing'
        when 101 then 'partly_shipped'
        when 3 then 'shipped'
        when 4 then 'cancelled'
        when 5 then 'finished'
        else 'other'
    end as status,
    cast(order_amount as bigint) as order_fen,
    cast(pay_amount as bigint) as pay_fen,
    cast(post_amount as bigint) as post_fen,
    create_time as created_at,
    pay_time as paid_at,
    ship_time as shipped_at,
    finish_time as finished_at,
    update_time as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin_shop__orders') }}
