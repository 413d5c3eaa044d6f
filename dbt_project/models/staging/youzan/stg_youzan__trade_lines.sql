select
    trades.account_key,
    cast(trades.tid as string) as order_id,
    cast(line.item.oid as string) as line_id,
    {{ present_id('line.item.item_id') }} as product_id,
    {{ present_id('line.item.sku_id') }} as sku_id,
    nullif(line.item.title, '') as product_name,
    cast(line.item.num as bigint) as units,
    cast(line.item.payment as decimal(18, 2)) as pay_cny,
    trades.created as order_created_at,
    trades._batch_id,
    trades._committed_at
from {{ source('lake', 'youzan__trades') }} as trades
{{ unnest_structs('trades.orders', 'line') }}
