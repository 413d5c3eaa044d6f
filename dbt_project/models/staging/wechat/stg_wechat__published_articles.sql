select
    account_key,
    cast(article_id as string) as article_id,
    cast({{ adapter.quote('position') }} as bigint) as article_position,
    nullif(title, '') as title,
    url,
    content_source_url as source_url,
    coalesce(is_deleted, false) or not coalesce(_is_listed, true) as is_deleted,
    update_time as updated_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'wechat__published_articles') }}
