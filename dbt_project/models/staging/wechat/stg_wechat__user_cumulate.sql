select
    account_key,
    cast(cumulate_user as bigint) as followers,
    cast(ref_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__user_cumulate') }}
