select
    account_key,
    brand_key,
    paid_on,
    attribution_method,
    -- an author whom the configuration does not know
    coalesce(attributed_account_key, '-') as attributed_account_key,
    cast(count(distinct order_key) as bigint) as orders,
    cast(count(line_key) as bigint) as lines,
    cast(sum(paid_cny) as decimal(18, 2)) as paid_cny,
    cast(sum(refunded_cny) as decimal(18, 2)) as refunded_cny,
    cast(sum(paid_cny - refunded_cny) as decimal(18, 2)) as net_cny
from {{ ref('fct_order_line') }}
where paid_on is not null
group by account_key, brand_key, paid_on, attribution_method, coalesce(attributed_account_key, '-')
