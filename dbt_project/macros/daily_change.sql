{#
  The change of a running total since the entity's previous observation. A fall stays: it is the
  platform's correction. The first observation counts whole only if `is_complete` says that the
  total cannot hold anything older than the day.
#}
{% macro daily_change(total, entity, day, is_complete) -%}
    case
        when lag({{ day }}) over (partition by {{ entity }} order by {{ day }}) is not null
            then {{ total }} - lag({{ total }}) over (partition by {{ entity }} order by {{ day }})
        when {{ is_complete }} then {{ total }}
    end
{%- endmacro %}

{# How many days the change of the same row covers; NULL for a first observation without one. #}
{% macro span_days(entity, day, is_complete) -%}
    case
        when lag({{ day }}) over (partition by {{ entity }} order by {{ day }}) is not null
            then {{ days_between('lag(' ~ day ~ ') over (partition by ' ~ entity ~ ' order by ' ~ day ~ ')', day) }}
        when {{ is_complete }} then 1
    end
{%- endmacro %}
