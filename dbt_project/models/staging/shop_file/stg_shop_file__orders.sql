select
    account_key,
    order_id,
    line_id,
    nullif(buyer_id, '') as buyer_key,
    coalesce(status, 'other') as status,
    nullif(product_id, '') as product_id,
    nullif(product_name, '') as product_name,
    cast(units as bigint) as units,
    cast(paid_cny as decimal(18, 2)) as paid_cny,
    cast(refunded_cny as decimal(18, 2)) as refunded_cny,
    -- a file without status holds sales only; one without pay time names no other moment
    coalesce(status, 'paid') in ('paid', 'shipped', 'finished') as is_paid,
    created_at,
    coalesce(paid_at, created_at) as paid_at,
    refunded_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'shop_file__orders') }}
