select
    account_key,
    planned_id,
    nullif(title, '') as title,
    nullif(content_topic, '') as content_topic,
    nullif(reviewer, '') as reviewer,
    nullif(post_id, '') as post_id,
    case content_form
        when '视频' then 'video'
        when '图文' then 'image_text'
        when '文章' then 'article'
        when '直播' then 'live'
    end as content_form,
    case review_verdict
        when '通过' then 'passed'
        when '退回' then 'returned'
        when '待审' then 'pending'
    end as review_verdict,
    case is_original when '是' then true when '否' then false end as is_original,
    planned_at,
    reviewed_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__content_calendar') }}
