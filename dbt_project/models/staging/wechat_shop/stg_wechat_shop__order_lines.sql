select
    orders.account_key,
    cast(orders.order_id as string) as order_id,
    {{ present_id('line.item.product_id') }} as product_id,
    {{ present_id('line.item.sku_id') }} as sku_id,
    {{ present_id('orders.order_detail.ext_info.finder_id') }} as author_id,
    {{ present_id('orders.order_detail.ext_info.live_id') }} as room_id,
    nullif(line.item.title, '') as product_name,
    cast(line.item.sku_cnt as bigint) as units,
    cast(line.item.real_price as bigint) as pay_fen,
    orders.create_time as order_created_at,
    orders._batch_id,
    orders._committed_at
from {{ source('lake', 'wechat_shop__orders') }} as orders
{{ unnest_structs('orders.order_detail.product_infos', 'line') }}
