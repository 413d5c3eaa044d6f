create temp table post as
select
    cast(row_number() over () as integer) as post,
    coalesce(counted.account_key, told.account_key) as account_key,
    coalesce(counted.id, told.idstr) as id,
    told.published_on
from (
    select distinct account_key, id
    from read_parquet('{lake}/post_counts/*/*/*.parquet', hive_partitioning = false)
) as counted
full join (
    select account_key, idstr, max_by(cast(created_at as date), _source_version) as published_on
    from read_parquet('{lake}/posts/*/*/*.parquet', hive_partitioning = false)
    group by account_key, idstr
) as told on counted.account_key = told.account_key and counted.id = told.idstr;

create temp table last_known (
    post integer, dt date, attitudes bigint, comments bigint, reposts bigint
);

create table fct_post_day (
    post_key varchar, account_key varchar, brand_key varchar, stat_date date, likes bigint,
    likes_total bigint, comments bigint, comments_total bigint, shares bigint,
    shares_total bigint, is_correction boolean, span_days bigint
);
