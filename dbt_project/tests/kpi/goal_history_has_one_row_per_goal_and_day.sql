-- versions of a goal follow each other without overlap, so no day is judged twice
select
    goal_key,
    as_of_date,
    count(*) as times
from {{ ref('goal_history') }}
group by
    goal_key,
    as_of_date
having count(*) > 1
