-- a verdict stands on a target and an actual, and no_data always says why
select
    goal_key,
    as_of_date,
    status,
    reason
from {{ ref('goal_history') }}
where
    (status = 'no_data' and reason is null)
    or (status <> 'no_data' and (reason is not null or target is null or actual is null))
