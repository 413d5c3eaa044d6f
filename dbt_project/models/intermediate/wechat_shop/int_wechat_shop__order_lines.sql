-- a line has no id of its own: product and sku name it
select
    account_key,
    order_id,
    coalesce(product_id, '') || '-' || coalesce(sku_id, '') as line_id,
    product_id,
    max(product_name) as product_name,
    'wechat_channels' as content_platform,
    author_id,
    room_id,
    cast(null as string) as video_id,
    cast(null as string) as ad_creative_id,
    cast(sum(units) as bigint) as units,
    {{ fen_to_cny('sum(pay_fen)') }} as pay_cny,
    {{ shanghai_date('order_created_at') }} as created_on
from {{ ref('stg_wechat_shop__order_lines') }}
group by account_key, order_id, product_id, sku_id, author_id, room_id, order_created_at
