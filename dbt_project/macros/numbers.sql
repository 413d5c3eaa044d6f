{# A ratio: both parts become double first; NULL when the denominator is 0 or NULL. #}
{% macro safe_divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{# Integer fen as decimal CNY, exactly. #}
{% macro fen_to_cny(fen) -%}
    cast(cast({{ fen }} as decimal(18, 2)) / 100 as decimal(18, 2))
{%- endmacro %}

{% macro percentile(value, share) %}{{ adapter.dispatch('percentile')(value, share) }}{% endmacro %}

{% macro default__percentile(value, share) -%}
    cast(quantile_cont(cast({{ value }} as double), {{ share }}) as double)
{%- endmacro %}

{% macro spark__percentile(value, share) -%}
    cast(percentile(cast({{ value }} as double), {{ share }}) as double)
{%- endmacro %}

{# A platform id as text; the platforms write "absent" as NULL, '', '0' or 0. #}
{% macro present_id(id) -%}
    nullif(nullif(trim(cast({{ id }} as varchar)), ''), '0')
{%- endmacro %}

{# A sum (or max) that is NULL as soon as one of its rows is: a part is not the whole. #}
{% macro strict_sum(value, aggregate='sum') -%}
    case when count(*) = count({{ value }}) then cast({{ aggregate }}({{ value }}) as bigint) end
{%- endmacro %}
