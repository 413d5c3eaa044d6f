{{ config(materialized='table') }}

-- coupon batches by the day they were issued on
select
    account_key,
    issued_on as stat_date,
    cast(sum(case when claimed is not null then sent end) as bigint) as sent,
    cast(sum(case when sent is not null then claimed end) as bigint) as claimed_of_sent,
    cast(sum(case when redeemed is not null then claimed end) as bigint) as claimed,
    cast(sum(case when claimed is not null then redeemed end) as bigint) as redeemed_of_claimed
from (
    {{ union_of('coupon_batches', [
        'account_key', 'sent', 'claimed', 'redeemed', 'issued_on',
    ]) }}
) as coupons
where issued_on <= {{ as_of_date() }}
group by account_key, issued_on
