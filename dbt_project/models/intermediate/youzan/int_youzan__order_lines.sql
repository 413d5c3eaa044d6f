select
    account_key,
    order_id,
    line_id,
    product_id,
    product_name,
    cast(null as varchar) as content_platform,
    cast(null as varchar) as author_id,
    cast(null as varchar) as room_id,
    cast(null as varchar) as video_id,
    cast(null as varchar) as ad_creative_id,
    units,
    pay_cny,
    {{ shanghai_date('order_created_at') }} as created_on
from {{ ref('stg_youzan__trade_lines') }}
