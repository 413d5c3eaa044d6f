select
    account_key,
    cast(user_source as string) as user_source,
    cast(new_user as bigint) as new_followers,
    cast(cancel_user as bigint) as unfollows,
    cast(ref_date as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__user_summary') }}
