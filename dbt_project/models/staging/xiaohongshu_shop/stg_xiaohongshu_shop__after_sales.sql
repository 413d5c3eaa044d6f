select
    account_key,
    cast(returnsId as string) as refund_id,
    cast(orderId as string) as order_id,
    cast(returnType as bigint) as type_code,
    cast(status as bigint) as status_code,
    cast(refundStatus as bigint) as refund_status_code,
    cast(refundAmountYuan as decimal(18, 2)) as refund_cny,
    applyTime as applied_at,
    updatedAt as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'xiaohongshu_shop__after_sales') }}
