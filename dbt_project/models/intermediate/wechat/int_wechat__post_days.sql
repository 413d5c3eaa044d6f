{% set counters = ['likes', 'wows', 'comments', 'saves'] -%}

with totals as (
    select
        account_key,
        post_id,
        stat_date,
        read_users_total,
        shares_total,
        {%- for counter in counters %}
        {{ counter }}_total,
        {%- endfor %}
        -- the platform counts from the publish day, so that its first day holds nothing older
        stat_date = published_on as is_complete
    from {{ totals_needed(ref('stg_wechat__article_totals'), ['account_key', 'post_id'], 'post_day') }} as totals_of_posts
),

changes as (
    select
        account_key,
        post_id,
        stat_date,
        read_users_total,
        shares_total,
        {%- for counter in counters %}
        {{ counter }}_total,
        {{ daily_change(counter ~ '_total', 'account_key, post_id', 'stat_date', 'is_complete') }} as {{ counter }},
        {%- endfor %}
        {{ span_days('account_key, post_id', 'stat_date', 'is_complete') }} as span_days
    from totals
),

post_days as (
    select
        account_key,
        post_id,
        stat_date
    from changes

    union

    select
        account_key,
        post_id,
        stat_date
    from {{ ref('stg_wechat__article_reads') }}

    union

    select
        account_key,
        post_id,
        stat_date
    from {{ ref('stg_wechat__article_shares') }}
),

observed as (
    select
        account_key,
        stat_date,
        max(case when source_stream = 'article_reads' then 1 else 0 end) = 1 as has_reads,
        max(case when source_stream = 'article_shares' then 1 else 0 end) = 1 as has_shares
    from {{ ref('int_observed_day') }}
    where
        source_platform = 'wechat'
        and source_stream in ('article_reads', 'article_shares')
    group by account_key, stat_date
)

-- readers and sharers are people of the day: from the daily answer, never a difference of totals;
-- an article absent from an answer that came had none
select
    post_days.account_key,
    post_days.post_id,
    post_days.stat_date,
    {{ not_offered([
        'impressions', 'plays', 'reads', 'views', 'danmaku', 'coins', 'new_followers',
    ]) }},
    case
        when reads.account_key is not null then reads.read_users
        when observed.has_reads then 0
    end as read_users,
    case
        when shares.account_key is not null then shares.shares
        when observed.has_shares then 0
    end as shares,
    {%- for counter in counters %}
    changes.{{ counter }},
    {%- endfor %}
    {{ not_offered([
        'impressions_total', 'plays_total', 'reads_total', 'views_total', 'danmaku_total',
        'coins_total', 'new_followers_total',
    ]) }},
    changes.read_users_total,
    changes.shares_total,
    {%- for counter in counters %}
    changes.{{ counter }}_total,
    {%- endfor %}
    case
        when changes.account_key is null then 1
        else changes.span_days
    end as span_days
from post_days
left join changes
    on
        post_days.account_key = changes.account_key
        and post_days.post_id = changes.post_id
        and post_days.stat_date = changes.stat_date
left join {{ ref('stg_wechat__article_reads') }} as reads
    on
        post_days.account_key = reads.account_key
        and post_days.post_id = reads.post_id
        and post_days.stat_date = reads.stat_date
left join {{ ref('stg_wechat__article_shares') }} as shares
    on
        post_days.account_key = shares.account_key
        and post_days.post_id = shares.post_id
        and post_days.stat_date = shares.stat_date
left join observed
    on
        post_days.account_key = observed.account_key
        and post_days.stat_date = observed.stat_date
