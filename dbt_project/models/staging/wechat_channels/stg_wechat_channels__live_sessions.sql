select
    account_key,
    cast(export_id as string) as live_id,
    cast(live_comparison_index.is_living as boolean) as is_living,
    cast(live_dashboard_data.live_dashboard_data.summary.new_watch_uv as bigint) as session_viewers,
    cast(live_dashboard_data.live_dashboard_data.summary.max_online_watch_uv as bigint) as peak_concurrent,
    cast(live_dashboard_data.live_dashboard_data.summary.new_follow_uv as bigint) as session_new_followers,
    cast(live_ec_data_summary.new_comment_count as bigint) as live_comments,
    cast(live_ec_data_summary.total_clk_pv as bigint) as product_clicks,
    cast(live_ec_data_summary.total_clk_uv as bigint) as product_clickers,
    cast(live_ec_data_summary.total_pay_uv as bigint) as session_buyers,
    cast(live_ec_data_summary.total_pay_pv as bigint) as paid_orders,
    cast(live_dashboard_data.live_dashboard_data.summary.average_watch_seconds_per_audience as double) as avg_watch_seconds,
    cast(live_ec_data_summary.total_gmv as bigint) as paid_fen,
    cast(live_dashboard_data.live_duration as bigint) as duration_seconds,
    coalesce(live_dashboard_data.start_time, create_time) as started_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat_channels__live_sessions') }}
