create table fct_post_day as
with counts as (
    select *
    from read_parquet('{lake}/post_counts/*/*/*.parquet', hive_partitioning = false)
),

posts as (
    select
        account_key,
        idstr,
        max_by(cast(created_at as date), _source_version) as published_on
    from read_parquet('{lake}/posts/*/*/*.parquet', hive_partitioning = false)
    group by account_key, idstr
),

observed_before as (
    select distinct
        account_key,
        cast(dt + 1 as date) as dt
    from counts
),

totals as (
    select
        counts.*,
        coalesce(posts.published_on = counts.dt and observed_before.dt is not null, false)
            as is_complete
    from counts
    left join posts on counts.account_key = posts.account_key and counts.id = posts.idstr
    left join observed_before
        on counts.account_key = observed_before.account_key and counts.dt = observed_before.dt
),

changes as (
    select
        *,
        case
            when lag(dt) over entity is not null then attitudes - lag(attitudes) over entity
            when is_complete then attitudes
        end as likes,
        case
            when lag(dt) over entity is not null then comments - lag(comments) over entity
            when is_complete then comments
        end as new_comments,
        case
            when lag(dt) over entity is not null then reposts - lag(reposts) over entity
            when is_complete then reposts
        end as shares,
        case
            when lag(dt) over entity is not null then dt - lag(dt) over entity
            when is_complete then 1
        end as span_days
    from totals
    window entity as (partition by account_key, id order by dt)
)

select
    account_key || '/' || id as post_key,
    account_key,
    'acme' as brand_key,
    dt as stat_date,
    likes,
    attitudes as likes_total,
    new_comments as comments,
    comments as comments_total,
    shares,
    reposts as shares_total,
    coalesce(likes < 0, false) or coalesce(new_comments < 0, false) or coalesce(shares < 0, false)
        as is_correction,
    cast(span_days as bigint) as span_days
from changes;
