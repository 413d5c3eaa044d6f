-- which days something became known of later, and when: those days are built anew then
{% set models = var('metrics') | selectattr('is_later') | map(attribute='from') | unique | list -%}

{% for model in models %}
select
    stat_date,
    known_on
from {{ ref(model) }}
{{ 'union' if not loop.last }}
{% endfor %}
