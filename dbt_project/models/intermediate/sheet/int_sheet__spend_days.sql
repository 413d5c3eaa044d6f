select
    account_key,
    spend_kind,
    spend_cny,
    spend_on
from {{ ref('stg_sheet__spend') }}
