select
    item_key,
    account_key,
    brand_key,
    'comment' as channel,
    commented_at as inbound_at,
    due_at,
    first_reply_at as first_human_reply_at,
    coalesce(first_reply_at <= due_at, false) as is_replied_in_time
from {{ ref('int_comment_union') }}
where needs_reply
