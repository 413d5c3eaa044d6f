select
    item_key,
    account_key,
    brand_key,
    'comment' as channel,
    commented_at as inbound_at,
    due_at,
    first_reply_at as first_human_reply_at,
    case
        when first_reply_at <= due_at then true
        when due_at < {{ end_of_as_of_date() }} then false
    end as is_replied_in_time
from {{ ref('int_comment_union') }}
where needs_reply
