{{ config(
    materialized='incremental',
    day_column='created_on',
    domain='order_day',
) }}

with lines as (
    select
        line_key,
        order_key,
        account_key,
        brand_key,
        product_key,
        units,
        pay_cny,
        traffic_kind,
        created_on
    from {{ ref('int_order_line_union') }}
    where {{ only_changed('created_on', 'order_day') }}
),

refunded as (
    select
        line_key,
        cast(sum(refund_cny) as decimal(18, 2)) as refunded_cny
    from {{ ref('int_refund_line') }}
    where is_of_paid_order
    group by line_key
)

select
    lines.line_key,
    lines.order_key,
    lines.account_key,
    lines.brand_key,
    lines.product_key,
    lines.units,
    case
        when orders.paid_on is not null then lines.pay_cny
        else cast(0 as decimal(18, 2))
    end as paid_cny,
    coalesce(refunded.refunded_cny, cast(0 as decimal(18, 2))) as refunded_cny,
    coalesce(winners.method, 'unattributed') as attribution_method,
    winners.account_key as attributed_account_key,
    winners.post_key as attributed_post_key,
    winners.live_key as attributed_live_key,
    lines.traffic_kind,
    lines.created_on,
    orders.paid_on
from lines
inner join {{ ref('int_order_union') }} as orders
    on lines.order_key = orders.order_key
left join refunded
    on lines.line_key = refunded.line_key
left join {{ ref('fct_attribution_candidate') }} as winners
    on
        lines.line_key = winners.line_key
        and winners.is_winner
