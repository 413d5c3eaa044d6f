with contracts as (
    {{ union_of('kol_contracts', [
        'account_key', 'contract_id', 'kol_account', 'campaign_key', 'fee_cny', 'sample_cny',
        'commission_cny', 'boost_cny', 'post_impressions', 'post_plays', 'post_engagements',
        'post_new_followers', 'signed_on', 'published_on',
    ]) }}
)

select
    contracts.account_key || '/' || contracts.contract_id as contract_key,
    accounts.brand_key,
    contracts.kol_account as account_key,
    contracts.campaign_key,
    contracts.fee_cny,
    contracts.sample_cny,
    contracts.commission_cny,
    contracts.boost_cny,
    contracts.post_impressions,
    contracts.post_plays,
    contracts.post_engagements,
    contracts.post_new_followers,
    case when contracts.published_on <= {{ as_of_date() }} then contracts.published_on end as published_on
from contracts
inner join {{ source('config', 'account') }} as accounts
    on contracts.account_key = accounts.account_key
where contracts.signed_on <= {{ as_of_date() }}
