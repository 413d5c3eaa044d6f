select
    account_key,
    complaint_id,
    kind,
    severity,
    is_malicious,
    received_at,
    first_response_at,
    resolved_at
from {{ ref('stg_sheet__complaints') }}
