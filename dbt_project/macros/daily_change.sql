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

{#
  The rows of a relation of running totals that `daily_change` needs: all of them, or in a build of
  some days those from the first changed day on and of each entity in them its last row before. The
  relation has the columns of `entity` and stat_date.
#}
{% macro totals_needed(relation, entity, domain) -%}
    {%- set days = changed_days(domain) -%}
    {%- if days is none -%}
    {{ relation }}
    {%- elif not days -%}
    (select * from {{ relation }} where false)
    {%- else -%}
    (
        select rows_of_days.*
        from {{ relation }} as rows_of_days
        where rows_of_days.stat_date >= date '{{ days | min }}'

        union all

        select rows_before.*
        from {{ relation }} as rows_before
        inner join (
            select
                {%- for column in entity %}
                older.{{ column }},
                {%- endfor %}
                max(older.stat_date) as stat_date
            from {{ relation }} as older
            inner join (
                select distinct {{ entity | join(', ') }}
                from {{ relation }}
                where stat_date >= date '{{ days | min }}'
            ) as counted
                on
                    {%- for column in entity %}
                    {{ 'and ' if not loop.first }}older.{{ column }} = counted.{{ column }}
                    {%- endfor %}
            where older.stat_date < date '{{ days | min }}'
            group by{% for column in entity %} older.{{ column }}{{ ',' if not loop.last }}{% endfor %}
        ) as newest_before
            on
                {%- for column in entity %}
                rows_before.{{ column }} = newest_before.{{ column }} and
                {%- endfor %} rows_before.stat_date = newest_before.stat_date
    )
    {%- endif -%}
{%- endmacro %}
