with sessions as (
    {{ union_of('live_sessions', [
        'account_key', 'live_id', 'title', 'live_views', 'session_viewers', 'peak_concurrent',
        'session_new_followers', 'live_comments', 'product_clicks', 'product_clickers',
        'session_buyers', 'paid_orders', 'avg_watch_seconds', 'paid_cny', 'started_at', 'ended_at',
    ]) }}
)

select
    sessions.account_key || '/' || sessions.live_id as live_key,
    sessions.account_key,
    accounts.brand_key,
    accounts.platform,
    sessions.live_id,
    sessions.title,
    sessions.live_views,
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
    sessions.source_platform as source,
    -- a session over midnight belongs to the day it began
    {{ shanghai_date('sessions.started_at') }} as started_on,
    sessions.started_at,
    sessions.ended_at
from sessions
inner join {{ source('config', 'account') }} as accounts
    on sessions.account_key = accounts.account_key
where sessions.started_at < {{ end_of_as_of_date() }}
