select
    account_key,
    coupon_id,
    campaign_key,
    channel,
    sent,
    claimed,
    redeemed,
    redeemed_cny,
    issued_on
from {{ ref('stg_sheet__coupons') }}
