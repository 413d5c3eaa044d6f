{# A sum of doubles that does not depend on the order in which an engine adds them. #}
{% macro exact_sum(value) -%}
    cast(sum(cast({{ value }} as decimal(38, 12))) as double)
{%- endmacro %}

{# What is measured as one: a metric within a scope over a stretch of days, with its pacing. #}
{% macro span_key(starts_on, ends_on, curve) -%}
    metric || '|' || basis || '|' || brand_key || '|' || ownership
    || '|' || coalesce(platform, '') || '|' || coalesce(account_key, '')
    || '|' || cast({{ starts_on }} as varchar) || '|' || cast({{ ends_on }} as varchar)
    || '|' || {{ curve }}
{%- endmacro %}

{# Comparisons are on unrounded numbers with a relative tolerance of 1e-9. #}
{% macro is_below(value, bound) -%}
    ({{ value }} < {{ bound }} - 1e-9 * abs({{ bound }}))
{%- endmacro %}

{% macro is_above(value, bound) -%}
    ({{ value }} > {{ bound }} + 1e-9 * abs({{ bound }}))
{%- endmacro %}
