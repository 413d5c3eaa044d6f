-- over which days the platform counts these is not settled: kept, and read by nothing
select
    account_key,
    cast(inc_click as bigint) as inc_plays,
    cast(inc_dm as bigint) as inc_danmaku,
    cast(inc_reply as bigint) as inc_comments,
    cast(inc_fav as bigint) as inc_saves,
    cast(inc_coin as bigint) as inc_coins,
    cast(inc_share as bigint) as inc_shares,
    cast(inc_like as bigint) as inc_likes,
    cast(inc_elec as bigint) as inc_charges,
    cast(dt as date) as stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'bilibili__account_increments') }}
