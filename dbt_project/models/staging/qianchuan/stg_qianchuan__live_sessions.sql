-- one row per room and state: the last capture on air, and the last after the end
select
    account_key,
    cast(room_id as string) as live_id,
    room_status = 'FINISH' as is_over,
    nullif(room_title, '') as title,
    cast(total_live_watch_cnt as bigint) as live_views,
    cast(total_live_follow_cnt as bigint) as session_new_followers,
    cast(total_live_comment as bigint) as live_comments,
    cast(live_click_product_count_alias as bigint) as product_clicks,
    cast(live_pay_order_gmv_alias as decimal(18, 2)) as paid_cny,
    cast(stat_cost as decimal(18, 2)) as ad_spend_cny,
    start_time as started_at,
    end_time as ended_at,
    _captured_at as captured_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'qianchuan__live_sessions') }}
