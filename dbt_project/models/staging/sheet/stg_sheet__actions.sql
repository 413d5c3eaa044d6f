select
    account_key,
    channel,
    case action
        when '注册' then 'register'
        when '下载' then 'download'
        when '留资' then 'lead'
    end as action,
    cast(actions as bigint) as actions,
    cast(clicks as bigint) as clicks,
    stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__actions') }}
