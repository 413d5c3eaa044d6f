with summed as (
    select
        account_key,
        stat_date,
        cast(sum(messages) as bigint) as dms_received
    from {{ ref('stg_wechat__upstream_messages') }}
    group by account_key, stat_date
)

-- a day without messages is absent from the answer: if it was read it is 0
select
    observed.account_key,
    observed.stat_date,
    coalesce(summed.dms_received, 0) as dms_received,
    {{ not_offered(['dm_conversations', 'dms_replied']) }}
from {{ ref('int_observed_day') }} as observed
left join summed
    on
        observed.account_key = summed.account_key
        and observed.stat_date = summed.stat_date
where
    observed.source_platform = 'wechat'
    and observed.source_stream = 'upstream_messages'
