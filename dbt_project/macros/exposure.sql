{# The one counter that is each platform's exposure; others are never mixed in. #}
{% macro exposure_by_platform() %}
    {% do return({'douyin': 'plays', 'wechat': 'read_users', 'xiaohongshu': 'views'}) %}
{% endmacro %}

{% macro by_platform(platform, columns, prefix='', suffix='', is_name=false) -%}
    case {{ platform }}
        {%- for name, column in columns.items() %}
        when '{{ name }}' then {{ "'" ~ column ~ "'" if is_name else prefix ~ column ~ suffix }}
        {%- endfor %}
    end
{%- endmacro %}
