-- posts on the day on which their first seven days are over, and how many of them are hits
select
    account_key,
    {{ add_days('published_on', 6) }} as stat_date,
    cast(count(post_key) as bigint) as posts,
    cast(sum(case when is_hit then 1 else 0 end) as bigint) as hits
from {{ ref('mart_content') }}
where
    exposures_first_7_days is not null
    and not is_deleted
group by account_key, {{ add_days('published_on', 6) }}
