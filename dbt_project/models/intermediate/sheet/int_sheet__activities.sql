select
    account_key,
    activity_id,
    campaign_key,
    kind,
    invited,
    participants,
    participations,
    ugc_posts,
    ugc_authors,
    topic_posts,
    reward_cny,
    started_on
from {{ ref('stg_sheet__activities') }}
