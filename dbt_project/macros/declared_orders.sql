{#- orders of a shop whose account declares how its rows read: one row is a line of an order -#}

{% macro declared_order_rows(source_name) %}
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
    -- rows without status are sales only; one without pay time names no other moment
    coalesce(status, 'paid') in ('paid', 'shipped', 'finished') as is_paid,
    created_at,
    coalesce(paid_at, created_at) as paid_at,
    refunded_at,
    _batch_id,
    _committed_at
from {{ source('lake', source_name) }}
{% endmacro %}

{% macro declared_orders(rows) %}
select
    account_key,
    order_id,
    max(buyer_key) as buyer_key,
    max(status) as status,
    cast(sum(coalesce(units, 0)) as bigint) as units,
    cast(
        sum(case when is_paid then paid_cny else cast(0 as decimal(18, 2)) end) as decimal(18, 2)
    ) as paid_cny,
    cast(null as decimal(18, 2)) as freight_cny,
    {{ shanghai_date('min(created_at)') }} as created_on,
    min(created_at) as created_at,
    min(case when is_paid then paid_at end) as paid_at
from {{ rows }}
group by account_key, order_id
{% endmacro %}

{% macro declared_order_lines(rows) %}
select
    account_key,
    order_id,
    line_id,
    product_id,
    product_name,
    {{ not_offered(
        ['content_platform', 'author_id', 'room_id', 'video_id', 'ad_creative_id'], 'string'
    ) }},
    units,
    -- of an order with lines in several states only those that are sold were paid for
    case when is_paid then paid_cny else cast(0 as decimal(18, 2)) end as pay_cny,
    {{ shanghai_date('created_at') }} as created_on
from {{ rows }}
{% endmacro %}

{#- a line that is sold says what was returned of it, and when, or nothing -#}
{% macro declared_refunds(rows) %}
select
    account_key,
    order_id || '/' || line_id as refund_id,
    order_id,
    line_id,
    refunded_cny as refund_cny,
    coalesce(refunded_at, paid_at) as refunded_at
from {{ rows }}
where
    refunded_cny > 0
    and is_paid
{% endmacro %}
