-- what the duration metrics of the registry measure, by the day on which the wait began
{% for reading in var('metric_waits') %}
select
    '{{ reading.metric }}' as metric,
    '{{ reading.basis }}' as basis,
    account_key,
    stat_date,
    ended_on,
    seconds
from {{ ref(reading.from) }}
{{ 'union all' if not loop.last }}
{% endfor %}
