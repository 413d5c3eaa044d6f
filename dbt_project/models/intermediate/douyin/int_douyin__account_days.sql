select
    account_key,
    stat_date,
    followers,
    -- who left is not told: the net is what the stock moved by
    {{ daily_change('followers', 'account_key', 'stat_date', 'false') }} as stock_change,
    {{ span_days('account_key', 'stat_date', 'false') }} as stock_change_days,
    new_followers,
    cast(null as bigint) as unfollows,  -- not offered
    cast(null as bigint) as active_users,  -- not offered
    cast(null as string) as active_users_basis,
    profile_visits,
    cast(null as bigint) as impressions,  -- not offered
    plays,
    {{ not_offered(['reads', 'read_users', 'views']) }},
    likes,
    cast(null as bigint) as wows,  -- not offered
    comments,
    shares,
    cast(null as bigint) as saves,  -- not offered
    posts_published,
    -- the fields for which this source has the word; a sheet may bring the others
    true as has_followers,
    true as has_new_followers,
    false as has_unfollows,
    false as has_active_users,
    true as has_profile_visits,
    false as has_impressions,
    true as has_plays,
    false as has_reads,
    true as has_interactions,
    false as has_saves,
    true as has_posts_published
from {{ totals_needed(ref('stg_douyin__account_days'), ['account_key'], 'account_day') }} as days
