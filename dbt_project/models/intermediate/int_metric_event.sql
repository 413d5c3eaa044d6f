{{ config(
    materialized='incremental',
    incremental_strategy='changed_dates',
    on_schema_change='fail',
    day_column='stat_date',
    domain='metric_day',
) }}

{% set account_sums = [
    ('plays', '-', 'plays'),
    ('new_followers', 'gross', 'new_followers'),
    ('new_followers', 'net', 'net_followers'),
    ('net_followers', '-', 'net_followers'),
    ('unfollows', '-', 'unfollows'),
    ('followers', '-', 'followers'),
    ('profile_visits', '-', 'profile_visits'),
    ('impressions', '-', 'impressions'),
    ('reads', '-', 'reads'),
    ('read_users', '-', 'read_users'),
    ('views', '-', 'views'),
    ('likes', '-', 'likes'),
    ('comments', '-', 'comments'),
    ('shares', '-', 'shares'),
    ('saves', '-', 'saves'),
    ('posts_published', '-', 'posts_published'),
] -%}
{% set account_ratios = [
    ('er_by_play', 'likes + comments + shares', 'plays'),
    ('er_by_read_user', 'likes + wows + shares + comments', 'read_users'),
    ('unfollow_rate', 'unfollows', 'new_followers'),
] -%}
{% set live_sums = [
    ('live_viewers', 'session_viewers'),
    ('live_views', 'live_views'),
    ('peak_concurrent', 'peak_concurrent'),
    ('product_clicks', 'product_clicks'),
] -%}
{% set live_ratios = [
    ('cvr_live_viewer', 'session_buyers', 'session_viewers'),
    ('product_ctr', 'product_clickers', 'session_viewers'),
    ('cvr_clicker', 'session_buyers', 'product_clickers'),
] -%}
{% set shop_sums = [
    ('gmv_paid', '-', 'paid_cny'),
    ('orders', '-', 'orders'),
    ('net_gmv', 'refund_date', 'paid_cny - refunded_on_day_cny'),
] -%}
{% set shop_ratios = [('aov_cny', 'paid_cny', 'orders')] -%}

with changed_dates as (
    select
        account_key,
        platform,
        stat_date
    from {{ ref('int_account_date') }}
    where {{ only_changed('stat_date', 'metric_day') }}
),

account_days as (
    select
        dates.account_key,
        dates.platform,
        dates.stat_date,
        days.plays,
        days.new_followers,
        days.net_followers,
        days.unfollows,
        days.followers,
        days.profile_visits,
        days.impressions,
        days.reads,
        days.read_users,
        days.views,
        days.likes,
        days.wows,
        days.comments,
        days.shares,
        days.saves,
        days.posts_published
    from changed_dates as dates
    left join {{ ref('fct_account_day') }} as days
        on
            dates.account_key = days.account_key
            and dates.stat_date = days.stat_date
),

live_days as (
    select
        dates.account_key,
        dates.platform,
        dates.stat_date,
        days.live_views,
        days.session_viewers,
        days.peak_concurrent,
        days.product_clicks,
        days.product_clickers,
        days.session_buyers
    from changed_dates as dates
    left join {{ ref('int_live_day') }} as days
        on
            dates.account_key = days.account_key
            and dates.stat_date = days.stat_date
),

shop_days as (
    select
        dates.account_key,
        dates.platform,
        dates.stat_date,
        days.orders,
        days.paid_cny,
        days.refunded_of_day_cny,
        days.refunded_on_day_cny
    from changed_dates as dates
    left join {{ ref('int_shop_day') }} as days
        on
            dates.account_key = days.account_key
            and dates.stat_date = days.stat_date
),

-- a refund takes back from the day its order was paid, from the day it was issued on
charged_back as (
    select
        refunds.account_key,
        days.platform,
        refunds.paid_on as stat_date,
        refunds.refunded_on as known_on,
        cast(sum(refunds.refund_cny) as double) as refund_cny
    from {{ ref('int_refund_union') }} as refunds
    inner join shop_days as days
        on
            refunds.account_key = days.account_key
            and refunds.paid_on = days.stat_date
    where
        days.paid_cny is not null
        and days.refunded_of_day_cny is not null
    group by refunds.account_key, days.platform, refunds.paid_on, refunds.refunded_on
),

events as (
    {%- for metric, basis, column in account_sums %}
    {{ metric_sum(metric, basis, column, 'account_days') }}
    union all
    {%- endfor %}
    {%- for metric, numerator, denominator in account_ratios %}
    {{ metric_ratio(metric, numerator, denominator, 'account_days') }}
    union all
    {%- endfor %}
    {%- for metric, column in live_sums %}
    {{ metric_sum(metric, '-', column, 'live_days') }}
    union all
    {%- endfor %}
    {%- for metric, numerator, denominator in live_ratios %}
    {{ metric_ratio(metric, numerator, denominator, 'live_days') }}
    union all
    {%- endfor %}
    {%- for metric, basis, column in shop_sums %}
    {{ metric_sum(metric, basis, column, 'shop_days') }}
    union all
    {%- endfor %}
    {%- for metric, numerator, denominator in shop_ratios %}
    {{ metric_ratio(metric, numerator, denominator, 'shop_days') }}
    union all
    {%- endfor %}
    {{ metric_sum('net_gmv', 'order_date', 'case when refunded_of_day_cny is not null then paid_cny end', 'shop_days') }}
    union all
    {{ metric_ratio('refund_rate_amount', 'case when refunded_of_day_cny is not null then 0 end', 'paid_cny', 'shop_days') }}
    union all
    {{ metric_sum('net_gmv', 'order_date', '-refund_cny', 'charged_back', known_on='known_on') }}
    union all
    {{ metric_ratio('refund_rate_amount', 'refund_cny', '0', 'charged_back', known_on='known_on') }}
),

-- a metric exists where the registry names its source
sourced as (
    select distinct
        metric,
        basis,
        platform
    from {{ source('config', 'metric_source') }}
)

select
    events.metric,
    events.basis,
    events.account_key,
    events.platform,
    events.stat_date,
    events.known_on,
    events.value,
    events.numerator,
    events.denominator
from events
inner join sourced
    on
        events.metric = sourced.metric
        and events.basis = sourced.basis
        and events.platform = sourced.platform
