{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='metric_day',
) }}

with days as (
    select
        account_key,
        brand_key,
        platform,
        stat_date,
        followers,
        new_followers,
        unfollows,
        net_followers,
        span_days,
        active_users,
        active_users_basis,
        -- the last known stock goes on for three days at most; the days of an account are dense
        coalesce(
            followers,
            lag(followers, 1) over (partition by account_key order by stat_date),
            lag(followers, 2) over (partition by account_key order by stat_date),
            lag(followers, 3) over (partition by account_key order by stat_date)
        ) as known_followers
    from {{ ref('fct_account_day') }}
    -- the opening of a day is known of the day before, and that from three more
    where {{ only_from('stat_date', 'metric_day', days_before=4) }}
),

with_opening as (
    select
        account_key,
        brand_key,
        platform,
        stat_date,
        followers,
        new_followers,
        unfollows,
        net_followers,
        span_days,
        active_users,
        active_users_basis,
        known_followers,
        lag(known_followers) over (partition by account_key order by stat_date) as opening_followers
    from days
)

select
    days.account_key,
    days.brand_key,
    days.platform,
    accounts.account_name,
    brands.brand_name,
    days.stat_date,
    days.opening_followers,
    days.known_followers as followers,
    days.followers is null
    and days.known_followers is not null as is_followers_filled,
    days.new_followers,
    days.unfollows,
    days.net_followers,
    -- what several days brought is no rate of the day on which it became known
    case
        when days.span_days = 1 then {{ safe_divide('days.net_followers', 'days.opening_followers') }}
    end as follower_growth_rate,
    days.active_users,
    days.active_users_basis,
    1 - {{ safe_divide('days.unfollows', '(days.opening_followers + days.new_followers)') }} as follower_retention_rate,
    case
        when
            days.unfollows is not null
            and days.opening_followers + days.new_followers > 0
            then 'proxy_churn'
    end as follower_retention_method
from with_opening as days
inner join {{ ref('dim_account') }} as accounts
    on days.account_key = accounts.account_key
left join {{ ref('dim_brand') }} as brands
    on days.brand_key = brands.brand_key
where {{ only_changed('days.stat_date', 'metric_day') }}
