with ranked as (
    select
        product_key,
        platform,
        product_id,
        product_name,
        row_number() over (
            partition by product_key
            order by created_on desc, line_key desc
        ) as newest_first
    from {{ ref('int_order_line_union') }}
    where product_key is not null
)

select
    product_key,
    platform,
    product_id,
    product_name
from ranked
where newest_first = 1
