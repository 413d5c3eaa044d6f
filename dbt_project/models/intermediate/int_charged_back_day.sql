-- a refund takes back from the day its order was paid, from the day it was issued on; days of which
-- orders or refunds were never read take nothing back
with refunds as (
    select
        account_key,
        order_key,
        paid_on,
        refunded_on,
        refund_cny,
        row_number() over (partition by order_key order by refunded_on, refund_key) as place
    from {{ ref('int_refund_union') }}
    where paid_on is not null
)

select
    refunds.account_key,
    refunds.paid_on as stat_date,
    refunds.refunded_on as known_on,
    cast(sum(refunds.refund_cny) as decimal(18, 2)) as refund_cny,
    -- an order is refunded once, however many refunds it has
    cast(sum(case when refunds.place = 1 then 1 else 0 end) as bigint) as refunded_orders
from refunds
inner join {{ ref('int_shop_day') }} as days
    on
        refunds.account_key = days.account_key
        and refunds.paid_on = days.stat_date
where days.settled_paid_cny is not null
group by refunds.account_key, refunds.paid_on, refunds.refunded_on
