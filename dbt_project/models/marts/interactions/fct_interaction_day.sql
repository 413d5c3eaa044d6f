{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='interaction_day',
    reopened_days=(var('reply_window_hours') / 24) | round(0, 'ceil') | int,
) }}

with dates as (
    select
        account_key,
        brand_key,
        stat_date
    from {{ ref('int_account_date') }}
    where
        kind in ('social', 'community')
        and {{ only_changed('stat_date', 'interaction_day') }}
),

-- the registry says whose comments are known, and whose tell whether they were answered
observed as (
    select
        account_key,
        stat_date,
        max(case when metric = 'comments_received' then 1 else 0 end) = 1 as has_comments,
        max(case when metric = 'comment_reply_rate' then 1 else 0 end) = 1 as has_replies
    from {{ ref('int_metric_read') }}
    where metric in ('comments_received', 'comment_reply_rate')
    group by account_key, stat_date
),

received as (
    select
        account_key,
        item_key,
        needs_reply,
        commented_on,
        due_at,
        first_reply_at,
        {{ seconds_between('commented_at', 'first_reply_at') }} as reply_seconds,
        {{ business_seconds_between('commented_at', 'first_reply_at') }} as business_seconds
    from {{ ref('int_comment_union') }}
    where not is_brand
),

comments as (
    select
        account_key,
        commented_on,
        cast(count(item_key) as bigint) as comments_received,
        cast(sum(case when first_reply_at is not null then 1 else 0 end) as bigint) as comments_replied,
        cast(sum(case when needs_reply then 1 else 0 end) as bigint) as items_received,
        cast(sum(case when needs_reply and due_at < {{ end_of_as_of_date() }} then 1 else 0 end) as bigint) as items_due,
        cast(sum(
            case
                when needs_reply and due_at < {{ end_of_as_of_date() }} and first_reply_at <= due_at then 1
                else 0
            end
        ) as bigint) as items_replied_in_time,
        {{ censored_percentile('needs_reply', 'reply_seconds', 0.5) }} as first_reply_p50_seconds,
        {{ censored_percentile('needs_reply', 'reply_seconds', 0.9) }} as first_reply_p90_seconds,
        {{ censored_percentile('needs_reply', 'business_seconds', 0.5) }} as first_reply_p50_business_seconds,
        {{ censored_percentile('needs_reply', 'business_seconds', 0.9) }} as first_reply_p90_business_seconds
    from received
    group by account_key, commented_on
),

-- the API counts messages, the sheet conversations
message_days as (
    select
        account_key,
        stat_date,
        max(dms_received) as dms_received,
        max(dm_conversations) as dm_conversations,
        max(dms_replied) as dms_replied
    from (
        {{ union_of('message_days', [
            'account_key', 'stat_date', 'dms_received', 'dm_conversations', 'dms_replied',
        ]) }}
    ) as told
    group by account_key, stat_date
)

select
    dates.account_key,
    dates.brand_key,
    dates.stat_date,
    case when observed.has_comments then coalesce(comments.comments_received, 0) end as comments_received,
    {%- for column in ['comments_replied', 'items_received', 'items_due', 'items_replied_in_time'] %}
    case when observed.has_replies then coalesce(comments.{{ column }}, 0) end as {{ column }},
    {%- endfor %}
    {%- for column in [
        'first_reply_p50_seconds', 'first_reply_p90_seconds',
        'first_reply_p50_business_seconds', 'first_reply_p90_business_seconds',
    ] %}
    case when observed.has_replies then comments.{{ column }} end as {{ column }},
    {%- endfor %}
    message_days.dms_received,
    message_days.dm_conversations,
    message_days.dms_replied
from dates
left join observed
    on
        dates.account_key = observed.account_key
        and dates.stat_date = observed.stat_date
left join comments
    on
        dates.account_key = comments.account_key
        and dates.stat_date = comments.commented_on
left join message_days
    on
        dates.account_key = message_days.account_key
        and dates.stat_date = message_days.stat_date
