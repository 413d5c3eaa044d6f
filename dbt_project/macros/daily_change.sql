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
    (
        with recent as (
            select *
            from {{ relation }}
            where stat_date >= {{ month_before }}
        ),

        last_in_month as (
            select
                {{ entity | join(', ') }},
                max(stat_date) as stat_date
            from recent
            where stat_date < {{ since }}
            group by {{ entity | join(', ') }}
        ),

        unseen as (
            select distinct {{ prefixed('counted', entity) }}
            from recent as counted
            left join last_in_month as seen
                on {{ same('counted', 'seen', entity) }}
            where
                counted.stat_date >= {{ since }}
                and seen.stat_date is null
        ),

        last_in_history as (
            select
                {{ prefixed('older', entity) }},
                max(older.stat_date) as stat_date
            from {{ relation }} as older
            inner join unseen
                on {{ same('older', 'unseen', entity) }}
            where older.stat_date < {{ month_before }}
            group by {{ prefixed('older', entity) }}
        )

        select *
        from recent
        where stat_date >= {{ since }}
        union all
        select recent.*
        from recent
        inner join last_in_month as newest
            on {{ same('recent', 'newest', entity + ['stat_date']) }}
        union all
        select totals.*
        from {{ relation }} as totals
        inner join last_in_history as newest
            on {{ same('totals', 'newest', entity + ['stat_date']) }}
        where totals.stat_date < {{ month_before }}
    )
    {%- endif -%}
{%- endmacro %}

{% macro prefixed(relation, columns) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro same(one, other, columns) -%}
    {%- for column in columns %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}
