{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='metric_day',
    reopened_days=(var('reply_window_hours') / 24) | round(0, 'ceil') | int,
) }}

select
    days.account_key,
    days.brand_key,
    accounts.platform,
    accounts.account_name,
    days.stat_date,
    account_days.comments,
    days.comments_received,
    days.comments_replied,
    {{ safe_divide('days.items_replied_in_time', 'days.items_due') }} as comment_reply_rate,
    days.dms_received,
    days.dm_conversations,
    days.dms_replied,
    {{ safe_divide('days.dms_replied', 'days.dm_conversations') }} as dm_reply_rate,
    days.items_due,
    days.items_replied_in_time,
    {{ safe_divide('days.items_replied_in_time', 'days.items_due') }} as reply_rate,
    days.first_reply_p50_seconds,
    days.first_reply_p90_seconds,
    days.first_reply_p50_business_seconds,
    days.first_reply_p90_business_seconds,
    activities.participants,
    activities.participations,
    activities.ugc_posts,
    communities.members as community_members,
    communities.speakers as community_speakers,
    communities.messages as community_messages
from {{ ref('fct_interaction_day') }} as days
inner join {{ ref('dim_account') }} as accounts
    on days.account_key = accounts.account_key
left join {{ ref('fct_account_day') }} as account_days
    on
        days.account_key = account_days.account_key
        and days.stat_date = account_days.stat_date
left join {{ ref('int_activity_day') }} as activities
    on
        days.account_key = activities.account_key
        and days.stat_date = activities.stat_date
left join {{ ref('int_community_sum_day') }} as communities
    on
        days.account_key = communities.account_key
        and days.stat_date = communities.stat_date
where {{ only_changed('days.stat_date', 'metric_day') }}
