select
    release_id,
    published_at,
    as_of_date,
    code_version,
    config_version,
    input_hash,
    gate_summary
from {{ source('ledger', 'release') }}
