-- the platform tells numbers; what they are a part of is all of their dimension, or is told beside
-- them. Of a month its last reading stands for it: a month that was never read is a visible gap
with newest as (
    select
        account_key,
        max(snapshot_on) as snapshot_on
    from {{ ref('stg_douyin__audience') }}
    where snapshot_on <= {{ as_of_date() }}
    group by account_key, {{ year_month('snapshot_on') }}
)

select
    told.account_key,
    told.snapshot_on,
    told.dimension,
    told.item,
    cast(told.counted as double) / nullif(
        cast(
            coalesce(
                told.whole,
                sum(told.counted)
                    over (partition by told.account_key, told.snapshot_on, told.dimension)
            ) as double
        ), 0
    ) as share
from {{ ref('stg_douyin__audience') }} as told
inner join newest
    on
        told.account_key = newest.account_key
        and told.snapshot_on = newest.snapshot_on
