with lines as (
    {{ union_of('order_lines', [
        'account_key', 'order_id', 'line_id', 'product_id', 'product_name',
        'content_platform', 'author_id', 'room_id', 'video_id', 'ad_creative_id', 'units',
        'pay_cny', 'created_on',
    ]) }}
)

select
    lines.account_key || '/' || lines.order_id || '/' || lines.line_id as line_key,
    lines.account_key || '/' || lines.order_id as order_key,
    lines.source_platform || '/' || lines.product_id as product_key,
    lines.account_key,
    accounts.brand_key,
    lines.source_platform as platform,
    lines.product_id,
    lines.product_name,
    lines.content_platform,
    lines.author_id,
    lines.room_id,
    lines.video_id,
    case when lines.ad_creative_id is null then 'organic' else 'paid' end as traffic_kind,
    lines.units,
    lines.pay_cny,
    lines.created_on
from lines
inner join {{ source('config', 'account') }} as accounts
    on lines.account_key = accounts.account_key
where lines.created_on <= {{ as_of_date() }}
