select
    account_key,
    penalty_id,
    post_id,
    kind,
    found_at,
    removed_at,
    closed_at
from {{ ref('stg_sheet__penalties') }}
