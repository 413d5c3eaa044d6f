{# A from-clause item that yields one row per element of a list of structs, as alias.item. #}
{% macro unnest_structs(list, alias) %}{{ adapter.dispatch('unnest_structs')(list, alias) }}{% endmacro %}

{% macro default__unnest_structs(list, alias) -%}
    cross join lateral (select unnest({{ list }}) as item) as {{ alias }}
{%- endmacro %}

{% macro spark__unnest_structs(list, alias) -%}
    lateral view explode({{ list }}) {{ alias }} as item
{%- endmacro %}

{# Texts as the inside of an SQL list. #}
{% macro quoted(texts) -%}
    {%- for text in texts %}'{{ text }}'{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}
