select
    account_key,
    coupon_id,
    nullif(campaign_key, '') as campaign_key,
    nullif(channel, '') as channel,
    cast(sent as bigint) as sent,
    cast(claimed as bigint) as claimed,
    cast(redeemed as bigint) as redeemed,
    cast(redeemed_cny as decimal(18, 2)) as redeemed_cny,
    issued_on,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__coupons') }}
