select
    account_key,
    date as stat_date,
    plays
from lake.alpha__days
union all
select
    account_key,
    date as stat_date,
    plays
from lake.beta__days
