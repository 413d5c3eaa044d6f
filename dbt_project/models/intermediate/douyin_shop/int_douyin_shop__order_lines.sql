select
    account_key,
    order_id,
    line_id,
    product_id,
    product_name,
    'douyin' as content_platform,
    author_id,
    room_id,
    video_id,
    ad_creative_id,
    units,
    {{ fen_to_cny('pay_fen') }} as pay_cny,
    {{ shanghai_date('order_created_at') }} as created_on
from {{ ref('stg_douyin_shop__order_lines') }}
