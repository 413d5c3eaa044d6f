select
    account_key,
    contract_id,
    kol_account,
    campaign_key,
    fee_cny,
    sample_cny,
    commission_cny,
    boost_cny,
    post_impressions,
    post_plays,
    post_engagements,
    post_new_followers,
    signed_on,
    published_on
from {{ ref('stg_sheet__kol_contracts') }}
