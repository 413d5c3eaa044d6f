select
    brand_key,
    brand_name,
    owner_name
from {{ source('config', 'brand') }}
