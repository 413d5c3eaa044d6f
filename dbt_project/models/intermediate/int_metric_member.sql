-- who is counted by the distinct metrics of the registry, day by day
{% for reading in var('metric_members') %}
select
    '{{ reading.metric }}' as metric,
    '{{ reading.basis }}' as basis,
    account_key,
    stat_date,
    known_on,
    first_on,
    member
from {{ ref(reading.from) }}
{{ 'union all' if not loop.last }}
{% endfor %}
