select
    account_key,
    community_id,
    cast(members as bigint) as members,
    cast(joined as bigint) as joined,
    cast(left_members as bigint) as left_members,
    cast(speakers as bigint) as speakers,
    cast(messages as bigint) as messages,
    stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__community_days') }}
