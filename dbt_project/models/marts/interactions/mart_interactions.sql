select
    days.account_key,
    days.brand_key,
    accounts.platform,
    accounts.account_name,
    days.stat_date,
    account_days.comments,
    days.comments_received,
    days.comments_replied,
    {{ safe_divide('days.comments_replied', 'days.comments_received') }} as comment_reply_rate,
    days.dms_received,
    days.dm_conversations,
    days.dms_replied,
    {{ safe_divide('days.dms_replied', 'days.dm_conversations') }} as dm_reply_rate,
    days.items_due,
    days.items_replied_in_time,
    {{ safe_divide('days.items_replied_in_time', 'days.items_due') }} as reply_rate,
    days.first_reply_p50_seconds,
    days.first_reply_p90_seconds,
    {{ not_offered([
        'participants', 'participations', 'ugc_posts', 'community_members',
        'community_speakers', 'community_messages',
    ]) }}
from {{ ref('fct_interaction_day') }} as days
inner join {{ ref('dim_account') }} as accounts
    on days.account_key = accounts.account_key
left join {{ ref('fct_account_day') }} as account_days
    on
        days.account_key = account_days.account_key
        and days.stat_date = account_days.stat_date
