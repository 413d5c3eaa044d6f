select
    account_key,
    case spend_kind
        when '投放' then 'ads'
        when '达人' then 'kol'
        when '活动' then 'activity'
        when '样品' then 'sample'
        when '其他' then 'other'
    end as spend_kind,
    cast(spend_cny as decimal(18, 2)) as spend_cny,
    spend_on,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__spend') }}
