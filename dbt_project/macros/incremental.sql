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

{# The changed days of a domain as a list of ISO texts; none means every day. #}
{% macro changed_days(domain) %}
    {% set changed = var('changed_dates', none) or {} %}
    {% set parts = ['account_day', 'interaction_day', 'metric_day'] if domain == 'metric_day' else [domain] %}
    {% set found = [] %}
    {% for part in parts %}
        {% if changed.get(part) is none %}{% do return(none) %}{% endif %}
        {% for day in changed[part] %}{% do found.append(day | string) %}{% endfor %}
    {% endfor %}
    {% do return(found | unique | sort) %}
{% endmacro %}

{# Whether a day is among the changed days of a domain. #}
{% macro is_changed_day(column, domain) -%}
    {%- set days = changed_days(domain) -%}
    {%- set orders = changed_days('order_day') if domain == 'metric_day' else [] -%}
    {%- if days is none or orders is none -%}
        true
    {%- else -%}
        (
            {% if days -%}
            {{ column }} in ({% for day in days %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
            {%- else -%}
            false
            {%- endif %}
            {%- if orders %}
            -- an order is paid and refunded on or after the day it was created on
            or {{ column }} >= date '{{ orders | min }}'
            {%- endif %}
        )
    {%- endif -%}
{%- endmacro %}

{# The newest day in the table, less the days that were still open when it was built. #}
{% macro newest_closed_day(relation) -%}
    (
        select {{ add_days("coalesce(max(built." ~ config.require('day_column') ~ "), date '1900-01-01')", -(config.get('reopened_days', 0))) }}
        from {{ relation }} as built
    )
{%- endmacro %}

{# The filter of an incremental model's new rows. #}
{% macro only_changed(column, domain) -%}
    {%- if is_incremental() -%}
        (
            {{ is_changed_day(column, domain) }}
            or {{ column }} > {{ newest_closed_day(this) }}
        )
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
    where
        {{ is_changed_day(day_column, config.require('domain')) }}
        or {{ day_column }} > {{ newest_closed_day(arg_dict['target_relation']) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{% endmacro %}

{# Parquet tables know no delete: an emptied partition is dropped, a filled one overwritten. #}
{% macro spark__get_incremental_changed_dates_sql(arg_dict) %}
    {% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}
    {% set days = changed_days(config.require('domain')) %}
    {% for day in days or [] %}
        {% do run_query("alter table " ~ arg_dict['target_relation'] ~ " drop if exists partition (" ~ config.require('day_column') ~ " = '" ~ day ~ "')") %}
    {% endfor %}
    insert {{ 'overwrite table' if days is none else 'into' }} {{ arg_dict['target_relation'] }}
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{% endmacro %}
