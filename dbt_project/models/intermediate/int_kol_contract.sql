-- contracts with other people's accounts, and what each cost in all
select
    account_key,
    account_key || '/' || contract_id as contract_key,
    kol_account,
    campaign_key,
    post_impressions,
    post_plays,
    post_engagements,
    post_new_followers,
    case when published_on <= {{ as_of_date() }} then published_on end as published_on,
    cast(
        coalesce(fee_cny, 0) + coalesce(sample_cny, 0) + coalesce(commission_cny, 0) + coalesce(boost_cny, 0)
        as decimal(18, 2)
    ) as cost_cny
from (
    {{ union_of('kol_contracts', [
        'account_key', 'contract_id', 'kol_account', 'campaign_key', 'fee_cny', 'sample_cny',
        'commission_cny', 'boost_cny', 'post_impressions', 'post_plays', 'post_engagements',
        'post_new_followers', 'signed_on', 'published_on',
    ]) }}
) as contracts
where signed_on <= {{ as_of_date() }}
