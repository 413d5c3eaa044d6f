{{ config(materialized='table') }}

-- campaign activities by the day they started on
select
    account_key,
    started_on as stat_date,
    cast(count(activity_id) as bigint) as activities,
    cast(sum(invited) as bigint) as invited,
    {{ strict_sum('participants') }} as participants,
    cast(sum(case when invited is not null then participants end) as bigint) as invited_participants,
    cast(sum(case when participants is not null then invited end) as bigint) as answering_invited,
    {{ strict_sum('participations') }} as participations,
    {{ strict_sum('ugc_posts') }} as ugc_posts,
    {{ strict_sum('ugc_authors') }} as ugc_authors,
    cast(sum(case when topic_posts is not null then ugc_posts end) as bigint) as ugc_topic_posts,
    cast(sum(case when ugc_posts is not null then topic_posts end) as bigint) as topic_posts,
    cast(sum(reward_cny) as decimal(18, 2)) as reward_cny
from (
    {{ union_of('activities', [
        'account_key', 'activity_id', 'invited', 'participants', 'participations', 'ugc_posts',
        'ugc_authors', 'topic_posts', 'reward_cny', 'started_on',
    ]) }}
) as activities
where started_on <= {{ as_of_date() }}
group by account_key, started_on
