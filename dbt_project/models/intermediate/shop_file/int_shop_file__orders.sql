select
    account_key,
    order_id,
    max(buyer_key) as buyer_key,
    max(status) as status,
    cast(sum(coalesce(units, 0)) as bigint) as units,
    cast(
        sum(case when is_paid then paid_cny else cast(0 as decimal(18, 2)) end) as decimal(18, 2)
    ) as paid_cny,
    {{ shanghai_date('min(created_at)') }} as created_on,
    min(created_at) as created_at,
    min(case when is_paid then paid_at end) as paid_at
from {{ ref('stg_shop_file__orders') }}
group by account_key, order_id
