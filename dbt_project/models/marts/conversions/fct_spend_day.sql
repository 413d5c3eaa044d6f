with spend as (
    {{ union_of('spend_days', [
        'account_key', 'spend_kind', 'spend_cny', 'spend_on',
    ]) }}
)

select
    spend.account_key,
    accounts.brand_key,
    spend.spend_on,
    spend.spend_kind,
    spend.spend_cny
from spend
inner join {{ source('config', 'account') }} as accounts
    on spend.account_key = accounts.account_key
where spend.spend_on <= {{ as_of_date() }}
