select
    refund_key,
    order_key,
    line_key,
    account_key,
    brand_key,
    refunded_at,
    refunded_on,
    refund_cny
from {{ ref('int_refund_union') }}
