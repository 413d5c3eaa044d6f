create or replace temp table counts as
select post.post, read.dt, read.attitudes, read.comments, read.reposts
from read_parquet(
    '{lake}/post_counts/dt=' || strftime(date '{month}', '%Y-%m') || '-*/*/*.parquet',
    hive_partitioning = false
) as read
inner join post on read.account_key = post.account_key and read.id = post.id;

create or replace temp table observed_before as
select distinct post.account_key, cast(rows.dt + 1 as date) as dt
from (select post, dt from counts union all select post, dt from last_known) as rows
inner join post on rows.post = post.post;

insert into fct_post_day
with changes as (
    select
        *,
        lag(dt) over entity as before,
        attitudes - lag(attitudes) over entity as more_likes,
        comments - lag(comments) over entity as more_comments,
        reposts - lag(reposts) over entity as more_shares
    from (from counts union all from last_known)
    window entity as (partition by post order by dt)
),

judged as (
    select
        changes.*,
        post.account_key,
        post.id,
        coalesce(
            changes.before is null
            and post.published_on = changes.dt
            and observed_before.dt is not null,
            false
        ) as is_complete
    from changes
    inner join post on changes.post = post.post
    left join observed_before
        on post.account_key = observed_before.account_key and changes.dt = observed_before.dt
    where changes.dt >= date '{month}'
)

select
    account_key || '/' || id,
    account_key,
    'acme',
    dt,
    if(is_complete, attitudes, more_likes),
    attitudes,
    if(is_complete, comments, more_comments),
    comments,
    if(is_complete, reposts, more_shares),
    reposts,
    coalesce(more_likes < 0, false) or coalesce(more_comments < 0, false)
    or coalesce(more_shares < 0, false),
    if(is_complete, 1, dt - before)
from judged;

create or replace temp table last_known as
select
    post,
    max(dt) as dt,
    max_by(attitudes, dt) as attitudes,
    max_by(comments, dt) as comments,
    max_by(reposts, dt) as reposts
from (from counts union all from last_known)
group by post;
