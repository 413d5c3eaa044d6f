select
    phase_key,
    campaign_key,
    phase_no,
    phase_name,
    starts_on,
    ends_on
from {{ source('config', 'phase') }}
