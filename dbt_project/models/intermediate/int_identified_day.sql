select
    account_key,
    stat_date,
    cast(count(member) as bigint) as users
from {{ ref('int_commenter_day') }}
group by account_key, stat_date
