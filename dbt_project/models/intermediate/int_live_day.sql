{{ config(materialized='table') }}

{% set fields = [
    'live_views', 'impression_users', 'session_viewers', 'peak_concurrent', 'session_new_followers',
    'live_comments', 'product_clicks', 'product_clickers', 'session_buyers',
] -%}

-- the API and the sheet may both speak of a day
with observed as (
    select distinct
        account_key,
        stat_date
    from {{ ref('int_observed_day') }}
    where source_stream = 'live_sessions'
),

summed as (
    select
        account_key,
        {%- for field in fields %}
        {{ strict_sum(field, aggregate='max' if field == 'peak_concurrent' else 'sum') }} as {{ field }},
        {%- endfor %}
        case
            when count(*) = count(avg_watch_seconds * session_viewers)
                then sum(avg_watch_seconds * session_viewers)
        end as watch_seconds,
        started_on
    from {{ ref('int_live_session_union') }}
    group by account_key, started_on
),

-- what the shops sold to viewers is known of a day once each shop of the brand was read
read_shops as (
    select
        dates.brand_key,
        dates.stat_date,
        count(dates.account_key) = count(shops.orders) as are_all_read
    from {{ ref('int_account_date') }} as dates
    left join {{ ref('int_shop_day') }} as shops
        on
            dates.account_key = shops.account_key
            and dates.stat_date = shops.stat_date
    where dates.kind = 'shop'
    group by dates.brand_key, dates.stat_date
),

carried as (
    select
        sessions.account_key,
        sessions.started_on,
        cast(count(distinct lines.order_key) as bigint) as live_orders,
        cast(sum(lines.paid_cny) as decimal(18, 2)) as live_paid_cny
    from {{ ref('fct_order_line') }} as lines
    inner join {{ ref('int_live_session_union') }} as sessions
        on lines.attributed_live_key = sessions.live_key
    where lines.paid_on is not null
    group by sessions.account_key, sessions.started_on
)

-- every day on which the source spoke; a day without a room is 0
select
    observed.account_key,
    observed.stat_date,
    {%- for field in fields %}
    case when summed.account_key is null then 0 else summed.{{ field }} end as {{ field }},
    {%- endfor %}
    case when summed.account_key is null then 0 else summed.watch_seconds end as watch_seconds,
    case when read_shops.are_all_read then coalesce(carried.live_orders, 0) end as live_orders,
    case
        when read_shops.are_all_read then coalesce(carried.live_paid_cny, cast(0 as decimal(18, 2)))
    end as live_paid_cny
from observed
inner join {{ source('config', 'account') }} as accounts
    on observed.account_key = accounts.account_key
left join read_shops
    on
        accounts.brand_key = read_shops.brand_key
        and observed.stat_date = read_shops.stat_date
left join summed
    on
        observed.account_key = summed.account_key
        and observed.stat_date = summed.started_on
left join carried
    on
        observed.account_key = carried.account_key
        and observed.stat_date = carried.started_on
