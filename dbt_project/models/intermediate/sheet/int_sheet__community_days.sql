select
    account_key,
    community_id,
    true as has_speakers,
    members,
    joined,
    left_members,
    speakers,
    messages,
    stat_date
from {{ ref('stg_sheet__community_days') }}
