{#
  Incremental by what changed: the build names the changed days of each domain as literals.
  Every incremental model replaces exactly those days, also with nothing. Days after the newest
  day already in the table are always built, because a dense table grows with the as-of day.
#}

{% macro as_of_date() -%}
    {%- if execute and not var('as_of_date', none) -%}
        {{ exceptions.raise_compiler_error("var as_of_date is not set; pass --vars '{as_of_date: YYYY-MM-DD}'") }}
    {%- endif -%}
    date '{{ var("as_of_date", none) or "1970-01-01" }}'
{%- endmacro %}

{# The moment from which on the as-of day is over. #}
{% macro end_of_as_of_date() -%}
    {{ shanghai_midnight(add_days(as_of_date(), 1)) }}
{%- endmacro %}

{% macro first_date() -%}
    {%- if execute and not var('first_date', none) -%}
        {{ exceptions.raise_compiler_error("var first_date is not set; pass --vars '{first_date: YYYY-MM-DD}'") }}
    {%- endif -%}
    date '{{ var("first_date", none) or "1970-01-01" }}'
{%- endmacro %}

{#
  The changed days of a domain as a list of ISO texts; none means every day. Of a model that is kept
  by month (config by_month) the first day of each of their months.
#}
{% macro changed_days(domain) %}
    {% set changed = (var('changed_dates', none) or {}).get(domain) %}
    {% if changed is none %}{% do return(none) %}{% endif %}
    {% set found = [] %}
    {% for day in changed | map('string') %}
        {% do found.append(day[:7] ~ '-01' if config.get('by_month') else day) %}
    {% endfor %}
    {% do return(found | unique | sort) %}
{% endmacro %}

{#
  The days before the first changed one of which something has become known since, as ISO texts;
  config later_days names the model that lists them. Asked once, before the query: engines look
  literals up.
#}
{% macro days_known_later(domain, model=config.get('later_days')) %}
    {% set days = changed_days(domain) %}
    {% if not (execute and model and days) %}{% do return([]) %}{% endif %}
    {% set found = run_query(
        "select distinct cast(stat_date as string) as day from " ~ ref(model)
        ~ " where known_on >= date '" ~ (days | min) ~ "' and stat_date < date '" ~ (days | min) ~ "'"
    ) %}
    {% do return(found.rows | map(attribute=0) | map('string') | sort) %}
{% endmacro %}

{#
  Whether a day is among the changed days of a domain. What happens on one day changes metrics of
  later days too (an order is paid later, a post's first week ends, a buyer comes back): they are
  changed from the first changed day on. later: earlier days that are changed too.
#}
{% macro is_changed_day(column, domain, later=[]) -%}
    {%- set days = changed_days(domain) -%}
    {%- if days is none -%}
        true
    {%- elif not days -%}
        false
    {%- elif domain == 'metric_day' -%}
        ({{ column }} >= date '{{ days | min }}'{% if later %} or {{ is_among(column, later) }}{% endif %})
    {%- else -%}
        (
            {# bounds let an engine leave out what it has not to read; a list does not -#}
            {{ column }} between date '{{ days | min }}' and date '{{ days | max }}'
            and {{ is_among(column, days) }}
        )
    {%- endif -%}
{%- endmacro %}

{% macro is_among(column, days) -%}
    {{ column }} in ({% for day in days %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#
  The newest day in the table, less the days that were still open when it was built, as an ISO text:
  engines look a literal up, and Spark reads the new rows only after it has dropped days of the table.
#}
{% macro newest_closed_day(relation) %}
    {% if not execute %}{% do return('1900-01-01') %}{% endif %}
    {% set newest = "coalesce(max(" ~ config.require('day_column') ~ "), date '1900-01-01')" %}
    {% set closed = add_days(newest, -(config.get('reopened_days', 0))) %}
    {% set found = run_query("select cast(" ~ closed ~ " as string) as day from " ~ relation) %}
    {% do return(found.rows[0][0] | string) %}
{% endmacro %}

{# The first day that is built anew in a table with this newest closed day, but for days_known_later. #}
{% macro first_built_day(domain, newest) %}
    {% set next = modules.datetime.date.fromisoformat(newest) + modules.datetime.timedelta(days=1) %}
    {% do return(([next | string] + (changed_days(domain) or [])) | min) %}
{% endmacro %}

{# Whether a day is built anew in a table: it has changed, or was not closed when the table was built. #}
{% macro is_built_day(column, domain, relation) -%}
    {%- set newest = newest_closed_day(relation) -%}
    {%- set later = days_known_later(domain) -%}
    (
        {% if changed_days(domain) is not none -%}
        {{ column }} >= date '{{ ([first_built_day(domain, newest)] + later) | min }}'
        and
        {% endif -%}
        ({{ is_changed_day(column, domain, later) }} or {{ column }} > date '{{ newest }}')
    )
{%- endmacro %}

{# The filter of an incremental model's new rows. #}
{% macro only_changed(column, domain) -%}
    {{ is_built_day(column, domain, this) if is_incremental() else 'true' }}
{%- endmacro %}

{# The filter of what an incremental model reads whose rows need some days before their own. #}
{% macro only_from(column, domain, days_before) -%}
    {%- if is_incremental() -%}
        {%- set first = first_built_day(domain, newest_closed_day(this)) -%}
        {{ column }} >= {{ add_days("date '" ~ first ~ "'", -days_before) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The strategy `changed_dates`: config day_column and domain say which days to replace. #}
{% macro get_incremental_changed_dates_sql(arg_dict) %}
    {% do return(adapter.dispatch('get_incremental_changed_dates_sql')(arg_dict)) %}
{% endmacro %}

{% macro default__get_incremental_changed_dates_sql(arg_dict) %}
    {% set day_column = config.require('day_column') %}
    {% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}
    delete from {{ arg_dict['target_relation'] }}
    where {{ is_built_day(day_column, config.require('domain'), arg_dict['target_relation']) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{% endmacro %}

{#
  Parquet tables know no delete: they are partitioned by day, and the days to replace are dropped
  before the new rows are added. Who runs dbt builds everything anew after a run that did not end
  (warehouse/spark.py), so that a day dropped by a killed run is never missed.
#}
{% macro spark__get_incremental_changed_dates_sql(arg_dict) %}
    {% set target = arg_dict['target_relation'] %}
    {% set day_column = config.require('day_column') %}
    {% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}
    {% set replaced %}
        select distinct coalesce(cast({{ day_column }} as string), '__HIVE_DEFAULT_PARTITION__') as day
        from {{ target }}
        where {{ is_built_day(day_column, config.require('domain'), target) }}
    {% endset %}
    {% for row in run_query(replaced).rows %}
        {% do run_query("alter table " ~ target ~ " drop if exists partition (" ~ day_column ~ " = '" ~ row[0] ~ "')") %}
    {% endfor %}
    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
    distribute by {{ day_column }}
{% endmacro %}

{#
  The rows of a day go to one file: otherwise every task writes one of its own into every day, and a
  model of many parts leaves thousands.
#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') %}
    {%- if config.get('day_column') and not temporary -%}
        {%- set compiled_code = "select * from (\n" ~ compiled_code ~ "\n) as rows_of_days distribute by " ~ config.get('day_column') -%}
    {%- endif -%}
    {{ dbt.spark__create_table_as(temporary, relation, compiled_code, language) }}
{% endmacro %}

{# dbt-spark has a fixed list of strategies and asks these two macros; ours is beside them. #}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) %}
    {% do return(raw_strategy) %}
{% endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) %}
    {% set dest_columns = adapter.get_columns_in_relation(target) %}
    {% do return(get_incremental_changed_dates_sql(
        {'target_relation': target, 'temp_relation': source, 'dest_columns': dest_columns}
    )) %}
{% endmacro %}

{# A table is partitioned by the day that it is replaced by. #}
{% macro spark__partition_cols(label, required=false) -%}
    {%- if config.get('day_column') -%}
        {{ label }} ({{ config.get('day_column') }})
    {%- endif -%}
{%- endmacro %}
