{# No rows, with the columns that the model's contract declares: its source is not connected yet. #}
{% macro empty_model() -%}
select
    {%- for column in model.columns.values() %}
    cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- else %}
    1 as not_parsed_yet
    {%- endfor %}
where false
{%- endmacro %}
