select
    after_sales.account_key,
    cast(after_sales.returnsId as string) as refund_id,
    {{ present_id('line.item.skuId') }} as product_id
from {{ source('lake', 'xiaohongshu_shop__after_sales') }} as after_sales
{{ unnest_structs('after_sales.skus', 'line') }}
