select
    account_key,
    cast(chat_id as string) as community_id,
    case status
        when 0 then 'active'
        when 1 then 'owner_left'
        when 2 then 'handing_over'
        when 3 then 'handed_over'
        else 'other'
    end as status,
    not coalesce(_is_listed, true) as is_deleted,
    _batch_id,
    _committed_at
from {{ source('lake', 'wecom__groups') }}
