with summary_days as (
    select
        account_key,
        stat_date
    from {{ ref('int_observed_day') }}
    where
        source_platform = 'wechat'
        and source_stream = 'user_summary'

    union

    select
        account_key,
        stat_date
    from {{ ref('stg_wechat__user_summary') }}
),

summed as (
    select
        account_key,
        stat_date,
        cast(sum(new_followers) as bigint) as new_followers,
        cast(sum(unfollows) as bigint) as unfollows
    from {{ ref('stg_wechat__user_summary') }}
    group by account_key, stat_date
),

-- days and sources without a change are absent from the answer: a day that was read is 0
movements as (
    select
        summary_days.account_key,
        summary_days.stat_date,
        case when summed.account_key is null then 0 else summed.new_followers end as new_followers,
        case when summed.account_key is null then 0 else summed.unfollows end as unfollows
    from summary_days
    left join summed
        on
            summary_days.account_key = summed.account_key
            and summary_days.stat_date = summed.stat_date
),

days as (
    select
        account_key,
        stat_date
    from movements

    union

    select
        account_key,
        stat_date
    from {{ ref('stg_wechat__user_cumulate') }}

    union

    select
        account_key,
        stat_date
    from {{ ref('stg_wechat__biz_summary') }}
)

select
    days.account_key,
    days.stat_date,
    stocks.followers,
    {{ not_offered(['stock_change', 'stock_change_days']) }},
    movements.new_followers,
    movements.unfollows,
    contents.read_users as active_users,
    case when contents.read_users is not null then 'readers_of_the_day' end as active_users_basis,
    {{ not_offered(['profile_visits', 'impressions', 'plays', 'reads']) }},
    contents.read_users,
    cast(null as bigint) as views,  -- not offered
    contents.likes,
    contents.wows,
    contents.comments,
    contents.shares,
    contents.saves,
    contents.posts_published,
    stocks.account_key is not null as has_followers,
    movements.account_key is not null as has_new_followers,
    movements.account_key is not null as has_unfollows,
    contents.account_key is not null as has_active_users,
    false as has_profile_visits,
    false as has_impressions,
    false as has_plays,
    false as has_reads,
    contents.account_key is not null as has_interactions,
    contents.account_key is not null as has_saves,
    contents.account_key is not null as has_posts_published
from days
left join movements
    on
        days.account_key = movements.account_key
        and days.stat_date = movements.stat_date
left join {{ ref('stg_wechat__user_cumulate') }} as stocks
    on
        days.account_key = stocks.account_key
        and days.stat_date = stocks.stat_date
left join {{ ref('stg_wechat__biz_summary') }} as contents
    on
        days.account_key = contents.account_key
        and days.stat_date = contents.stat_date
