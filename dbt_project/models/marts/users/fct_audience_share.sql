with told as (
    {{ union_of('audience_shares', [
        'account_key', 'snapshot_on', 'dimension', 'item', 'share',
    ]) }}
)

select
    told.account_key,
    accounts.brand_key,
    told.snapshot_on,
    told.dimension,
    told.item,
    told.share
from told
inner join {{ source('config', 'account') }} as accounts
    on told.account_key = accounts.account_key
where told.snapshot_on <= {{ as_of_date() }}
