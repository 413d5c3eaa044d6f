select
    account_key,
    cast(aftersale_id as string) as refund_id,
    cast(shop_order_id as string) as order_id,
    cast(related_id as string) as line_id,
    cast(aftersale_type as bigint) as type_code,
    cast(aftersale_status as bigint) as status_code,
    cast(refund_status as bigint) as refund_status_code,
    cast(refund_amount as bigint) as refund_fen,
    cast(refund_post_amount as bigint) as refund_post_fen,
    apply_time as applied_at,
    create_time as created_at,
    update_time as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin_shop__after_sales') }}
