{{ config(materialized='table') }}

with paid_orders as (
    select
        account_key,
        paid_on,
        cast(count(order_key) as bigint) as orders,
        cast(count(distinct buyer_key) as bigint) as buyers,
        cast(sum(paid_cny) as decimal(18, 2)) as paid_cny,
        cast(sum(refunded_cny) as decimal(18, 2)) as refunded_cny
    from {{ ref('fct_order') }}
    where paid_on is not null
    group by account_key, paid_on
),

issued_refunds as (
    select
        account_key,
        refunded_on,
        cast(sum(refund_cny) as decimal(18, 2)) as refund_cny
    from {{ ref('int_refund_union') }}
    where is_of_paid_order
    group by account_key, refunded_on
),

known_before as (
    select
        account_key,
        stat_date,
        cast(count(member) as bigint) as buyers
    from {{ ref('int_buyer_day') }}
    where first_on < stat_date
    group by account_key, stat_date
),

-- the registry says what has to be read before the orders, and the refunds, of a day are known
observed as (
    select
        account_key,
        stat_date,
        max(case when metric = 'gmv_paid' then 1 else 0 end) = 1 as has_orders,
        max(case when metric = 'net_gmv' then 1 else 0 end) = 1 as has_refunds
    from {{ ref('int_metric_read') }}
    where metric in ('gmv_paid', 'net_gmv')
    group by account_key, stat_date
)

-- a day without orders is 0 if the order stream was read, else nothing is known
select
    observed.account_key,
    observed.stat_date,
    case when observed.has_orders then coalesce(paid_orders.orders, 0) end as orders,
    case when observed.has_orders then coalesce(paid_orders.buyers, 0) end as buyers,
    case when observed.has_orders then coalesce(known_before.buyers, 0) end as returning_buyers,
    case
        when observed.has_orders then coalesce(paid_orders.paid_cny, cast(0 as decimal(18, 2)))
    end as paid_cny,
    -- the same, where refunds are known too
    case
        when observed.has_orders and observed.has_refunds
            then coalesce(paid_orders.paid_cny, cast(0 as decimal(18, 2)))
    end as settled_paid_cny,
    case when observed.has_orders and observed.has_refunds then coalesce(paid_orders.orders, 0) end as settled_orders,
    -- refunds of the orders paid on this day, whenever issued
    case
        when observed.has_orders and observed.has_refunds
            then coalesce(paid_orders.refunded_cny, cast(0 as decimal(18, 2)))
    end as refunded_of_day_cny,
    -- refunds issued on this day, of whichever order
    case
        when observed.has_refunds
            then coalesce(issued_refunds.refund_cny, cast(0 as decimal(18, 2)))
    end as refunded_on_day_cny
from observed
left join paid_orders
    on
        observed.account_key = paid_orders.account_key
        and observed.stat_date = paid_orders.paid_on
left join issued_refunds
    on
        observed.account_key = issued_refunds.account_key
        and observed.stat_date = issued_refunds.refunded_on
left join known_before
    on
        observed.account_key = known_before.account_key
        and observed.stat_date = known_before.stat_date
