with communities as (
    {{ union_of('community_days', [
        'account_key', 'community_id', 'members', 'joined', 'left_members', 'speakers',
        'messages', 'stat_date',
    ]) }}
)

select
    communities.account_key || '/' || communities.community_id as community_key,
    accounts.brand_key,
    communities.stat_date,
    communities.members,
    communities.joined,
    communities.left_members,
    communities.speakers,
    communities.messages
from communities
inner join {{ source('config', 'account') }} as accounts
    on communities.account_key = accounts.account_key
where communities.stat_date <= {{ as_of_date() }}
