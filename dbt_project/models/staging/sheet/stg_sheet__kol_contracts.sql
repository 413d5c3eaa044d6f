select
    account_key,
    contract_id,
    nullif(kol_account, '') as kol_account,
    nullif(campaign_key, '') as campaign_key,
    cast(fee_cny as decimal(18, 2)) as fee_cny,
    cast(sample_cny as decimal(18, 2)) as sample_cny,
    cast(commission_cny as decimal(18, 2)) as commission_cny,
    cast(boost_cny as decimal(18, 2)) as boost_cny,
    cast(post_impressions as bigint) as post_impressions,
    cast(post_plays as bigint) as post_plays,
    cast(post_engagements as bigint) as post_engagements,
    cast(post_new_followers as bigint) as post_new_followers,
    signed_on,
    published_on,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__kol_contracts') }}
