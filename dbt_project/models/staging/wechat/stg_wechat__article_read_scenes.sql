select
    reads.account_key,
    cast(reads.msgid as string) as post_id,
    scene.item.scene_desc as scene,
    cast(scene.item.user_count as bigint) as read_users,
    cast(reads.ref_date as date) as stat_date,
    reads._batch_id,
    reads._committed_at
from {{ source('lake', 'wechat__article_reads') }} as reads
{{ unnest_structs('reads.read_user_source', 'scene') }}
