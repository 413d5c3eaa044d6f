with posts as (
    {{ union_of('posts', [
        'account_key', 'post_id', 'title', 'content_form', 'url', 'is_deleted',
        'duration_seconds', 'published_on', 'published_at',
    ]) }}
)

select
    posts.account_key || '/' || posts.post_id as post_key,
    posts.account_key,
    accounts.brand_key,
    accounts.platform,
    posts.post_id,
    posts.title,
    posts.content_form,
    posts.url,
    posts.is_deleted,
    posts.duration_seconds,
    posts.published_on,
    posts.published_at
from posts
inner join {{ source('config', 'account') }} as accounts
    on posts.account_key = accounts.account_key
-- a listing read after midnight shows posts that are not yet of the as-of day
where coalesce(posts.published_on <= {{ as_of_date() }}, true)
