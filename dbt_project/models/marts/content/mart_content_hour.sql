select
    account_key,
    brand_key,
    published_weekday as weekday,
    published_hour as hour,
    cast(count(post_key) as bigint) as posts,
    {{ percentile('exposures_first_7_days', 0.5) }} as median_first_7_days_exposure
from {{ ref('mart_content') }}
where
    published_hour is not null
    and not is_deleted
group by account_key, brand_key, published_weekday, published_hour
