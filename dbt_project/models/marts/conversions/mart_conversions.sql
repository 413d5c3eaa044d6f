{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='metric_day',
) }}

with days as (
    select
        dates.account_key,
        dates.brand_key,
        dates.platform,
        dates.stat_date,
        lives.live_views,
        lives.session_viewers as live_viewers,
        lives.peak_concurrent,
        lives.product_clicks,
        lives.product_clickers,
        lives.session_buyers as live_buyers,
        lives.live_orders,
        lives.live_paid_cny,
        shops.orders,
        shops.buyers,
        shops.paid_cny,
        shops.refunded_of_day_cny,
        shops.refunded_on_day_cny
    from {{ ref('int_account_date') }} as dates
    left join {{ ref('int_live_day') }} as lives
        on
            dates.account_key = lives.account_key
            and dates.stat_date = lives.stat_date
    left join {{ ref('int_shop_day') }} as shops
        on
            dates.account_key = shops.account_key
            and dates.stat_date = shops.stat_date
    where {{ only_changed('dates.stat_date', 'metric_day') }}
)

select
    days.account_key,
    days.brand_key,
    days.platform,
    accounts.account_name,
    days.stat_date,
    days.live_views,
    days.live_viewers,
    days.peak_concurrent,
    days.product_clicks,
    days.product_clickers,
    days.live_buyers,
    days.live_orders,
    days.live_paid_cny,
    days.orders,
    days.buyers,
    days.paid_cny,
    days.refunded_of_day_cny as refunded_order_date_cny,
    days.refunded_on_day_cny as refunded_refund_date_cny,
    cast(days.paid_cny - days.refunded_of_day_cny as decimal(18, 2)) as net_order_date_cny,
    cast(days.paid_cny - days.refunded_on_day_cny as decimal(18, 2)) as net_refund_date_cny,
    {{ safe_divide('days.paid_cny', 'days.orders') }} as aov_cny,
    {{ safe_divide('days.paid_cny', 'days.buyers') }} as spend_per_buyer_cny,
    1000 * {{ safe_divide('days.live_paid_cny', 'days.live_views') }} as gpm,
    {{ safe_divide('days.live_paid_cny', 'days.live_viewers') }} as uv_value_cny,
    {{ safe_divide('days.live_buyers', 'days.live_viewers') }} as cvr_live_viewer,
    {{ safe_divide('days.live_orders', 'days.live_views') }} as cvr_live_view,
    {{ safe_divide('days.live_orders', 'days.product_clicks') }} as cvr_click,
    {{ safe_divide('days.live_buyers', 'days.product_clickers') }} as cvr_clicker
from days
inner join {{ ref('dim_account') }} as accounts
    on days.account_key = accounts.account_key
