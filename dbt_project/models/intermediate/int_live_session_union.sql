{% set told_by_either = [
    'title', 'live_views', 'impression_users', 'session_viewers', 'peak_concurrent',
    'session_new_followers', 'live_comments', 'product_clicks', 'product_clickers', 'session_buyers',
    'paid_orders', 'avg_watch_seconds', 'paid_cny', 'started_at', 'ended_at',
] -%}

with told as (
    {{ union_of('live_sessions', ['account_key', 'live_id'] + told_by_either) }}
),

-- the board of an API and the operation sheet may tell of one session: one that is over goes before
-- one that was still on air when it was read, and then the API before the sheet
ranked as (
    select
        account_key,
        live_id,
        source_platform,
        {%- for column in told_by_either %}
        {{ column }},
        {%- endfor %}
        row_number() over (
            partition by account_key, live_id
            order by
                case when ended_at is null then 1 else 0 end,
                case when source_platform = 'sheet' then 1 else 0 end,
                source_platform,
                started_at
        ) as place
    from told
),

-- column by column: what the first does not offer (Douyin's people) the other fills in
sessions as (
    select
        account_key,
        live_id,
        {%- for column in told_by_either %}
        min_by({{ column }}, case when {{ column }} is not null then place end) as {{ column }},
        {%- endfor %}
        case
            when min(source_platform) = max(source_platform) then min(source_platform)
            else min(source_platform) || '+' || max(source_platform)
        end as source
    from ranked
    group by account_key, live_id
)

select
    sessions.account_key || '/' || sessions.live_id as live_key,
    sessions.account_key,
    accounts.brand_key,
    accounts.platform,
    sessions.live_id,
    sessions.title,
    sessions.live_views,
    sessions.impression_users,
    sessions.session_viewers,
    sessions.peak_concurrent,
    sessions.session_new_followers,
    sessions.live_comments,
    sessions.product_clicks,
    sessions.product_clickers,
    sessions.session_buyers,
    sessions.paid_orders,
    sessions.avg_watch_seconds,
    sessions.paid_cny,
    sessions.source,
    -- a session over midnight belongs to the day it began
    {{ shanghai_date('sessions.started_at') }} as started_on,
    sessions.started_at,
    sessions.ended_at
from sessions
inner join {{ source('config', 'account') }} as accounts
    on sessions.account_key = accounts.account_key
where sessions.started_at < {{ end_of_as_of_date() }}
