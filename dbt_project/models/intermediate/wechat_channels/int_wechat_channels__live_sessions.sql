-- people, not views; a session that is not said to be over has no end
select
    account_key,
    live_id,
    {{ not_offered(['title'], 'string') }},
    {{ not_offered(['live_views', 'impression_users']) }},
    session_viewers,
    peak_concurrent,
    session_new_followers,
    live_comments,
    product_clicks,
    product_clickers,
    session_buyers,
    paid_orders,
    avg_watch_seconds,
    {{ fen_to_cny('paid_fen') }} as paid_cny,
    started_at,
    case when not is_living then {{ add_seconds('started_at', 'duration_seconds') }} end as ended_at
from {{ ref('stg_wechat_channels__live_sessions') }}
