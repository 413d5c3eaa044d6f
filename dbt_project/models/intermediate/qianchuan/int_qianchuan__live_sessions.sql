-- the last capture after the end wins; a room that nobody saw end stands as it was last seen
with ranked as (
    select
        account_key,
        live_id,
        is_over,
        title,
        live_views,
        session_new_followers,
        live_comments,
        product_clicks,
        paid_cny,
        started_at,
        ended_at,
        row_number() over (
            partition by account_key, live_id
            order by case when is_over then 0 else 1 end, captured_at desc, _batch_id desc
        ) as place
    from {{ ref('stg_qianchuan__live_sessions') }}
)

-- views, not people; what was paid, not how many orders
select
    account_key,
    live_id,
    title,
    live_views,
    {{ not_offered(['impression_users', 'session_viewers', 'peak_concurrent']) }},
    session_new_followers,
    live_comments,
    product_clicks,
    {{ not_offered(['product_clickers', 'session_buyers', 'paid_orders']) }},
    {{ not_offered(['avg_watch_seconds'], 'double') }},
    paid_cny,
    started_at,
    case when is_over then ended_at end as ended_at
from ranked
where place = 1
