select
    account_key,
    dimension,
    item,
    cast(value as bigint) as counted,
    cast(whole as bigint) as whole,
    cast(all_fans_num as bigint) as followers,
    dt as snapshot_on,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__audience') }}
