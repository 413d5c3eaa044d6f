select
    account_key,
    cast(item_id as string) as post_id,
    nullif(title, '') as title,
    case media_type
        when 4 then 'video'
        when 2 then 'image_text'
    end as content_form,
    share_url as url,
    coalesce(is_top, false) as is_pinned,
    not coalesce(_is_listed, true) as is_deleted,
    create_time as published_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'douyin__videos') }}
