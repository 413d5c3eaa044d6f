select
    account_key,
    cast(tid as string) as order_id,
    nullif(yz_open_id, '') as buyer_key,
    cast(refund_state as bigint) as refund_state_code,
    nullif(status, '') as status_code,
    case status
        when 'WAIT_BUYER_PAY' then 'unpaid'
        when 'TRADE_PAID' then 'paid'
        when 'WAIT_CONFIRM' then 'paid'
        when 'WAIT_SELLER_SEND_GOODS' then 'preparing'
        when 'WAIT_BUYER_CONFIRM_GOODS' then 'shipped'
        when 'TRADE_SUCCESS' then 'finished'
        when 'TRADE_CLOSED' then 'cancelled'
        else 'other'
    end as status,
    coalesce(is_payed, false) as is_marked_paid,
    cast(payment as decimal(18, 2)) as pay_cny,
    cast(post_fee as decimal(18, 2)) as post_cny,
    created as created_at,
    pay_time as paid_at,
    success_time as finished_at,
    update_time as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'youzan__trades') }}
