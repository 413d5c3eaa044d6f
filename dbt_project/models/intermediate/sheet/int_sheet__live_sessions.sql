select
    account_key,
    live_id,
    title,
    live_views,
    session_viewers,
    peak_concurrent,
    session_new_followers,
    live_comments,
    product_clicks,
    product_clickers,
    session_buyers,
    paid_orders,
    avg_watch_seconds,
    paid_cny,
    started_at,
    ended_at
from {{ ref('stg_sheet__live_sessions') }}
