select
    account_key,
    cast(order_id as string) as order_id,
    nullif(openid, '') as buyer_key,
    nullif(order_detail.pay_info.transaction_id, '') as payment_id,
    cast(status as bigint) as status_code,
    case status
        when 10 then 'unpaid'
        when 20 then 'preparing'
        when 21 then 'partly_shipped'
        when 30 then 'shipped'
        when 100 then 'finished'
        when 190 then 'cancelled'
        when 200 then 'refunded'
        when 250 then 'cancelled'
        else 'other'
    end as status,
    cast(order_detail.price_info.order_price as bigint) as order_fen,
    cast(order_detail.price_info.freight as bigint) as post_fen,
    create_time as created_at,
    order_detail.pay_info.pay_time as paid_at,
    update_time as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat_shop__orders') }}
