-- 3 = money returned; type 3 is an exchange of goods. A withdrawn request keeps refund status 1.
select
    account_key,
    refund_id,
    order_id,
    line_id,
    {{ fen_to_cny('refund_fen') }} as refund_cny,
    updated_at as refunded_at
from {{ ref('stg_douyin_shop__after_sales') }}
where
    refund_status_code = 3
    and type_code is distinct from 3
