select
    account_key,
    cast(after_sale_order_id as string) as refund_id,
    cast(order_id as string) as order_id,
    {{ present_id('product_info.product_id') }} as product_id,
    {{ present_id('product_info.sku_id') }} as sku_id,
    nullif(type, '') as type_code,
    nullif(status, '') as status_code,
    cast(refund_info.amount as bigint) as refund_fen,
    create_time as created_at,
    update_time as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat_shop__after_sales') }}
