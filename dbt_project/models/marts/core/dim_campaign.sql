select
    campaign_key,
    brand_key,
    campaign_name,
    starts_on,
    ends_on,
    owner_name
from {{ source('config', 'campaign') }}
