select
    account_key,
    activity_id,
    nullif(campaign_key, '') as campaign_key,
    case kind
        when '挑战赛' then 'challenge'
        when '抽奖' then 'lottery'
        when '征集' then 'collection'
        when '线下' then 'offline'
        when '其他' then 'other'
    end as kind,
    cast(invited as bigint) as invited,
    cast(participants as bigint) as participants,
    cast(participations as bigint) as participations,
    cast(ugc_posts as bigint) as ugc_posts,
    cast(ugc_authors as bigint) as ugc_authors,
    cast(topic_posts as bigint) as topic_posts,
    cast(reward_cny as decimal(18, 2)) as reward_cny,
    started_on,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__activities') }}
