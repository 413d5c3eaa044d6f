select
    account_key,
    cast(orderId as string) as order_id,
    {{ present_id('originalOrderId') }} as original_order_id,
    nullif(userId, '') as buyer_key,
    cast(orderType as bigint) as type_code,
    cast(orderStatus as bigint) as status_code,
    case orderStatus
        when 1 then 'unpaid'
        when 2 then 'paid'
        when 3 then 'preparing'
        when 4 then 'preparing'
        when 5 then 'partly_shipped'
        when 6 then 'shipped'
        when 7 then 'finished'
        when 8 then 'cancelled'
        when 9 then 'cancelled'
        when 10 then 'exchanging'
        else 'other'
    end as status,
    cast(totalPayAmount as bigint) as pay_fen,
    cast(totalShippingFree as bigint) as post_fen,
    createdTime as created_at,
    paidTime as paid_at,
    deliveryTime as shipped_at,
    finishTime as finished_at,
    updateTime as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'xiaohongshu_shop__orders') }}
