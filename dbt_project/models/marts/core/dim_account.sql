select
    account_key,
    brand_key,
    platform,
    account_id,
    account_name,
    ownership,
    kind,
    active_from,
    active_to
from {{ source('config', 'account') }}
