with ranked as (
    select
        account_key,
        post_id,
        title,
        content_form,
        published_at,
        row_number() over (partition by account_key, post_id order by stat_date desc) as newest_first
    from {{ ref('stg_xiaohongshu__note_export') }}
)

select
    account_key,
    post_id,
    title,
    content_form,
    cast(null as string) as url,  -- not offered
    false as is_deleted,  -- the export shows at most 1,000 notes: absence says nothing
    cast(null as double) as duration_seconds,  -- not offered
    {{ shanghai_date('published_at') }} as published_on,
    published_at
from ranked
where newest_first = 1
