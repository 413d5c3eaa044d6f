-- what of a refund falls to each line: all of it where it names its line, else a share by what was
-- paid for the line. Shares are differences of rounded running sums, so that they add up exactly
with refunds as (
    select
        refund_key,
        order_key,
        line_key,
        is_of_paid_order,
        refunded_on,
        refund_cny
    from {{ ref('int_refund_union') }}
),

wholes as (
    select
        refund_key,
        order_key,
        is_of_paid_order,
        refunded_on,
        refund_cny
    from refunds
    where line_key is null
),

lines as (
    select
        line_key,
        order_key,
        pay_cny,
        sum(pay_cny) over (
            partition by order_key
            order by line_key
            rows between unbounded preceding and current row
        ) as paid_until,
        sum(pay_cny) over (partition by order_key) as paid_in_all
    from {{ ref('int_order_line_union') }}
    where order_key in (select order_key from wholes)
),

shares as (
    select
        wholes.refund_key,
        wholes.order_key,
        lines.line_key,
        wholes.is_of_paid_order,
        wholes.refunded_on,
        cast(
            round(cast(wholes.refund_cny as double) * lines.paid_until / lines.paid_in_all, 2)
            as decimal(18, 2)
        ) as refund_until
    from wholes
    inner join lines
        on wholes.order_key = lines.order_key
    where lines.paid_in_all > 0
)

select
    refund_key,
    order_key,
    line_key,
    is_of_paid_order,
    refunded_on,
    refund_cny
from refunds
where line_key is not null
union all
select
    refund_key,
    order_key,
    line_key,
    is_of_paid_order,
    refunded_on,
    cast(
        refund_until
        - coalesce(lag(refund_until) over (partition by refund_key order by line_key), 0)
        as decimal(18, 2)
    ) as refund_cny
from shares
