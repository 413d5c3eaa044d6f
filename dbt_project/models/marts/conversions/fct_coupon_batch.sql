with coupons as (
    {{ union_of('coupon_batches', [
        'account_key', 'coupon_id', 'campaign_key', 'channel', 'sent', 'claimed', 'redeemed',
        'redeemed_cny', 'issued_on',
    ]) }}
)

select
    coupons.account_key || '/' || coupons.coupon_id as coupon_key,
    accounts.brand_key,
    coupons.campaign_key,
    coupons.channel,
    coupons.sent,
    coupons.claimed,
    coupons.redeemed,
    coupons.redeemed_cny
from coupons
inner join {{ source('config', 'account') }} as accounts
    on coupons.account_key = accounts.account_key
where coupons.issued_on <= {{ as_of_date() }}
