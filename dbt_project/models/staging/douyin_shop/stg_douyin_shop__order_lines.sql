select
    orders.account_key,
    cast(orders.order_id as string) as order_id,
    cast(line.item.order_id as string) as line_id,
    {{ present_id('line.item.product_id') }} as product_id,
    {{ present_id('line.item.sku_id') }} as sku_id,
    {{ present_id('line.item.author_id') }} as author_id,
    {{ present_id('line.item.room_id') }} as room_id,
    {{ present_id('line.item.video_id') }} as video_id,
    {{ present_id('line.item.cid') }} as ad_creative_id,
    nullif(line.item.product_name, '') as product_name,
    nullif(line.item.author_name, '') as author_name,
    cast(line.item.order_status as bigint) as status_code,
    cast(line.item.item_num as bigint) as units,
    cast(line.item.pay_amount as bigint) as pay_fen,
    orders.create_time as order_created_at,
    orders._batch_id,
    orders._committed_at
from {{ source('lake', 'douyin_shop__orders') }} as orders
{{ unnest_structs('orders.sku_order_list', 'line') }}
