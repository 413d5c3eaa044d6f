-- what the platform's own order fields say, in order of reading: live room, short video, another
-- author, else the shop itself. Of a shop whose orders have no such fields nobody knows: its lines
-- are unattributed. Paid traffic is a dimension of the line, not a step here.
with lines as (
    select
        line_key,
        account_key,
        brand_key,
        content_platform,
        author_id,
        room_id,
        video_id,
        created_on
    from {{ ref('int_order_line_union') }}
),

authors as (
    select
        platform,
        account_id,
        min(account_key) as account_key,
        min(ownership) as ownership
    from {{ source('config', 'account') }}
    where kind = 'social'
    group by platform, account_id
),

sessions as (
    select
        platform,
        live_id,
        min(live_key) as live_key,
        min(account_key) as account_key
    from {{ ref('int_live_session_union') }}
    group by platform, live_id
),

videos as (
    select
        platform,
        post_id,
        min(post_key) as post_key,
        min(account_key) as account_key
    from {{ ref('dim_post') }}
    group by platform, post_id
),

live_candidates as (
    select
        lines.line_key,
        lines.brand_key,
        1 as rank,
        'live' as method,
        coalesce(sessions.account_key, authors.account_key) as account_key,
        cast(null as string) as post_key,
        sessions.live_key,
        lines.created_on
    from lines
    left join sessions
        on
            lines.content_platform = sessions.platform
            and lines.room_id = sessions.live_id
    left join authors
        on
            lines.content_platform = authors.platform
            and lines.author_id = authors.account_id
    where lines.room_id is not null
),

video_candidates as (
    select
        lines.line_key,
        lines.brand_key,
        2 as rank,
        'short_video' as method,
        coalesce(videos.account_key, authors.account_key) as account_key,
        videos.post_key,
        cast(null as string) as live_key,
        lines.created_on
    from lines
    left join videos
        on
            lines.content_platform = videos.platform
            and lines.video_id = videos.post_id
    left join authors
        on
            lines.content_platform = authors.platform
            and lines.author_id = authors.account_id
    where lines.video_id is not null
),

kol_candidates as (
    select
        lines.line_key,
        lines.brand_key,
        3 as rank,
        'kol' as method,
        authors.account_key,
        cast(null as string) as post_key,
        cast(null as string) as live_key,
        lines.created_on
    from lines
    left join authors
        on
            lines.content_platform = authors.platform
            and lines.author_id = authors.account_id
    where
        lines.author_id is not null
        and authors.ownership is distinct from 'own'
),

shop_candidates as (
    select
        line_key,
        brand_key,
        4 as rank,
        case when content_platform is null then 'unattributed' else 'shop' end as method,
        case when content_platform is not null then account_key end as account_key,
        cast(null as string) as post_key,
        cast(null as string) as live_key,
        created_on
    from lines
),

candidates as (
    {%- for kind in ['live', 'video', 'kol', 'shop'] %}
    select
        line_key,
        brand_key,
        rank,
        method,
        account_key,
        post_key,
        live_key,
        created_on
    from {{ kind }}_candidates
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        line_key,
        brand_key,
        cast(row_number() over (partition by line_key order by rank) as bigint) as candidate_no,
        method,
        account_key,
        post_key,
        live_key,
        created_on
    from candidates
)

select
    line_key,
    brand_key,
    candidate_no,
    method,
    account_key,
    post_key,
    live_key,
    candidate_no = 1 as is_winner,
    -- order fields name what sold; methods by coupon, link or last touch have no source yet (0031)
    cast(null as bigint) as window_days,
    cast(1 as bigint) as rule_version,
    created_on
from numbered
