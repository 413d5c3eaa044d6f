{# A point in time. #}
{% macro type_moment() %}{{ adapter.dispatch('type_moment')() }}{% endmacro %}

{% macro default__type_moment() -%}
    timestamp with time zone
{%- endmacro %}

{% macro spark__type_moment() -%}
    timestamp
{%- endmacro %}

{# Contracts name the types of DuckDB, which is what is published; Spark has other names for two. #}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set of_spark = {'timestamp with time zone': type_moment(), 'varchar': 'string'} -%}
    select
        {%- for name, column in columns.items() %}
        cast(null as {{ of_spark.get(column['data_type'], column['data_type']) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
{%- endmacro %}
