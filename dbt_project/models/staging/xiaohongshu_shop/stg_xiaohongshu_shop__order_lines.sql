select
    orders.account_key,
    cast(orders.orderId as string) as order_id,
    cast(orders.orderType as bigint) as type_code,
    {{ present_id('line.item.skuId') }} as product_id,
    nullif(line.item.skuName, '') as product_name,
    cast(line.item.skuQuantity as bigint) as units,
    cast(line.item.totalPaidAmount as bigint) as pay_fen,
    orders.createdTime as order_created_at,
    orders._batch_id,
    orders._committed_at
from {{ source('lake', 'xiaohongshu_shop__orders') }} as orders
{{ unnest_structs('orders.skuList', 'line') }}
