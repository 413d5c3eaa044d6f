select
    account_key,
    order_id,
    line_id,
    product_id,
    product_name,
    cast(null as string) as content_platform,
    cast(null as string) as author_id,
    cast(null as string) as room_id,
    cast(null as string) as video_id,
    cast(null as string) as ad_creative_id,
    units,
    pay_cny,
    {{ shanghai_date('order_created_at') }} as created_on
from {{ ref('stg_youzan__trade_lines') }}
