select
    batch_id,
    release_id,
    suite,
    expectation,
    column_name,
    severity,
    success,
    observed,
    unexpected_count,
    checked_at
from {{ source('ledger', 'gate_result') }}
