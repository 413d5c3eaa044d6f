-- refund status 2 = money returned; the status alone may be that of a finished exchange
with single_lines as (
    select
        account_key,
        refund_id,
        max(product_id) as line_id
    from {{ ref('stg_xiaohongshu_shop__after_sale_lines') }}
    group by account_key, refund_id
    having count(distinct product_id) = 1
)

select
    after_sales.account_key,
    after_sales.refund_id,
    after_sales.order_id,
    single_lines.line_id,
    after_sales.refund_cny,
    after_sales.updated_at as refunded_at
from {{ ref('stg_xiaohongshu_shop__after_sales') }} as after_sales
left join single_lines
    on
        after_sales.account_key = single_lines.account_key
        and after_sales.refund_id = single_lines.refund_id
where after_sales.refund_status_code = 2
