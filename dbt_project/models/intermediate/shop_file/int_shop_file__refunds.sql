-- the file says what was returned of a line, and when, or nothing
select
    account_key,
    order_id || '/' || line_id as refund_id,
    order_id,
    line_id,
    refunded_cny as refund_cny,
    coalesce(refunded_at, paid_at) as refunded_at
from {{ ref('stg_shop_file__orders') }}
where refunded_cny > 0
