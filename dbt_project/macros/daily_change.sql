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
  relation has the columns of `entity` and stat_date. Nearly every entity has that row in the month
  before; all of history is searched for the others alone.
#}
{% macro totals_needed(relation, entity, domain) -%}
    {%- set days = changed_days(domain) -%}
    {%- if days is none -%}
    {{ relation }}
    {%- elif not days -%}
    (select * from {{ relation }} where false)
    {%- else -%}
    {%- set since = "date '" ~ (days | min) ~ "'" -%}
    {%- set month_before = add_days(since, -31) -%}
    {%- set in_month = "{0}.stat_date >= " ~ month_before ~ " and {0}.stat_date < " ~ since -%}
    {%- set in_history = "{0}.stat_date < " ~ month_before -%}
    (
        select counted.*
        from {{ relation }} as counted
        where counted.stat_date >= {{ since }}

        union all

        {{ newest_totals(relation, entity, in_month) }}

        union all

        {{ newest_totals(relation, entity, in_history, unseen(relation, entity, since, in_month)) }}
    )
    {%- endif -%}
{%- endmacro %}

{# The last row of each entity, or of some, among the rows of some days. #}
{% macro newest_totals(relation, entity, condition, among=none) -%}
        select totals.*
        from {{ relation }} as totals
        inner join (
            select
                {{ prefixed('older', entity) }},
                max(older.stat_date) as stat_date
            from {{ relation }} as older
            {%- if among %}
            inner join ({{ among }}) as among
                on {{ same('older', 'among', entity) }}
            {%- endif %}
            where {{ condition.format('older') }}
            group by {{ prefixed('older', entity) }}
        ) as newest
            on {{ same('totals', 'newest', entity + ['stat_date']) }}
        where {{ condition.format('totals') }}
{%- endmacro %}

{# The entities with a row from a day on and none among the rows of some days. #}
{% macro unseen(relation, entity, since, condition) -%}
                select distinct {{ prefixed('counted', entity) }}
                from {{ relation }} as counted
                left join {{ relation }} as seen
                    on {{ same('counted', 'seen', entity) }} and {{ condition.format('seen') }}
                where
                    counted.stat_date >= {{ since }}
                    and seen.stat_date is null
{%- endmacro %}

{% macro prefixed(relation, columns) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro same(one, other, columns) -%}
    {%- for column in columns %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}
