-- a line has no id of its own: its sku names it. Goods sent in exchange are no sale
select
    account_key,
    order_id,
    coalesce(product_id, '') as line_id,
    product_id,
    max(product_name) as product_name,
    cast(null as string) as content_platform,
    cast(null as string) as author_id,
    cast(null as string) as room_id,
    cast(null as string) as video_id,
    cast(null as string) as ad_creative_id,
    cast(sum(units) as bigint) as units,
    {{ fen_to_cny('sum(pay_fen)') }} as pay_cny,
    {{ shanghai_date('order_created_at') }} as created_on
from {{ ref('stg_xiaohongshu_shop__order_lines') }}
where type_code is distinct from 5
group by account_key, order_id, product_id, order_created_at
