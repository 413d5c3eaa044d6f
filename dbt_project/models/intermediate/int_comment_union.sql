with comments as (
    {{ union_of('comments', [
        'account_key', 'comment_id', 'post_id', 'author_key', 'is_brand', 'needs_reply',
        'commented_at', 'first_reply_at',
    ]) }}
)

select
    comments.account_key || '/' || comments.comment_id as item_key,
    comments.account_key,
    accounts.brand_key,
    comments.author_key,
    comments.is_brand,
    comments.needs_reply,
    {{ shanghai_date('comments.commented_at') }} as commented_on,
    comments.commented_at,
    case when comments.first_reply_at < {{ end_of_as_of_date() }} then comments.first_reply_at end as first_reply_at,
    {{ add_hours('comments.commented_at', var('reply_window_hours')) }} as due_at
from comments
inner join {{ source('config', 'account') }} as accounts
    on comments.account_key = accounts.account_key
where comments.commented_at < {{ end_of_as_of_date() }}
