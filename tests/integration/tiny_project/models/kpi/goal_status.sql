select
    'plays' as goal_key,
    date '{{ var("as_of_date") }}' as as_of_date,
    'on_track' as status,
    cast(null as varchar) as severity,
    cast(sum(plays) as double) as actual,
    100.0 as target,
    '{{ var("release_id") }}' as release_id
from {{ ref('fct_play_day') }}
