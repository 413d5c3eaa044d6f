select
    totals.account_key,
    cast(totals.msgid as string) as post_id,
    scene.item.scene_desc as scene,
    cast(scene.item.user_count as bigint) as read_users_total,
    cast(totals.stat_date as date) as stat_date,
    totals._batch_id,
    totals._committed_at
from {{ source('lake', 'wechat__article_totals') }} as totals
{{ unnest_structs('totals.read_user_source', 'scene') }}
