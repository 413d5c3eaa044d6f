-- money went back in these two of the platform's statuses; an exchange ends in another
select
    account_key,
    refund_id,
    order_id,
    coalesce(product_id, '') || '-' || coalesce(sku_id, '') as line_id,
    {{ fen_to_cny('refund_fen') }} as refund_cny,
    updated_at as refunded_at
from {{ ref('stg_wechat_shop__after_sales') }}
where status_code in ('MERCHANT_REFUND_SUCCESS', 'MERCHANT_RETURN_SUCCESS')
