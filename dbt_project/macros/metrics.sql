{# One metric's events from a wide daily relation, as the columns of int_metric_event. #}

{% macro metric_sum(metric, basis, value, days, known_on='stat_date') -%}
    select
        '{{ metric }}' as metric,
        '{{ basis }}' as basis,
        account_key,
        platform,
        stat_date,
        {{ known_on }} as known_on,
        cast({{ value }} as double) as value,
        cast(null as double) as numerator,
        cast(null as double) as denominator
    from {{ days }}
{%- endmacro %}

{# A day on which one part is unknown is left out of both. #}
{% macro metric_ratio(metric, numerator, denominator, days, known_on='stat_date') -%}
    select
        '{{ metric }}' as metric,
        '-' as basis,
        account_key,
        platform,
        stat_date,
        {{ known_on }} as known_on,
        cast(null as double) as value,
        case when ({{ denominator }}) is not null then cast({{ numerator }} as double) end as numerator,
        case when ({{ numerator }}) is not null then cast({{ denominator }} as double) end as denominator
    from {{ days }}
{%- endmacro %}
