with activities as (
    {{ union_of('activities', [
        'account_key', 'activity_id', 'campaign_key', 'kind', 'invited', 'participants',
        'participations', 'ugc_posts', 'ugc_authors', 'topic_posts',
        'reward_cny', 'started_on',
    ]) }}
)

select
    activities.account_key || '/' || activities.activity_id as activity_key,
    accounts.brand_key,
    activities.campaign_key,
    activities.kind,
    activities.invited,
    activities.participants,
    activities.participations,
    activities.ugc_posts,
    activities.ugc_authors,
    activities.topic_posts,
    activities.reward_cny
from activities
inner join {{ source('config', 'account') }} as accounts
    on activities.account_key = accounts.account_key
where activities.started_on <= {{ as_of_date() }}
