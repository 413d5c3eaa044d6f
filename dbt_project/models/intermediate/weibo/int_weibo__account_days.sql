select
    account_key,
    stat_date,
    followers,
    -- the open API tells of the stock only
    {{ daily_change('followers', 'account_key', 'stat_date', 'false') }} as stock_change,
    {{ span_days('account_key', 'stat_date', 'false') }} as stock_change_days,
    {{ not_offered([
        'new_followers', 'unfollows', 'active_users', 'profile_visits', 'impressions', 'plays',
        'reads', 'read_users', 'views', 'likes', 'wows', 'comments', 'shares', 'saves',
        'posts_published',
    ]) }},
    cast(null as string) as active_users_basis,  -- not offered
    true as has_followers,
    false as has_new_followers,
    false as has_unfollows,
    false as has_active_users,
    false as has_profile_visits,
    false as has_impressions,
    false as has_plays,
    false as has_reads,
    false as has_interactions,
    false as has_saves,
    false as has_posts_published
from {{ totals_needed(ref('stg_weibo__account_counts'), ['account_key'], 'account_day') }} as counts
