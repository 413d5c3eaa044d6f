select
    account_key,
    order_id,
    line_id,
    product_id,
    product_name,
    {{ not_offered(
        ['content_platform', 'author_id', 'room_id', 'video_id', 'ad_creative_id'], 'varchar'
    ) }},
    units,
    paid_cny as pay_cny,
    {{ shanghai_date('created_at') }} as created_on
from {{ ref('stg_shop_file__orders') }}
