{# The one counter that is each platform's exposure; others are never mixed in. #}
{% macro exposure_by_platform() %}
    {% do return({
        'bilibili': 'plays', 'douyin': 'plays', 'wechat': 'read_users', 'weibo': 'reads',
        'xiaohongshu': 'views',
    }) %}
{% endmacro %}

{#
  How many days the exposure of a row covers. Readers of an article are told of their own day, beside
  counters that are differences of totals and cover what the total missed.
#}
{% macro exposure_days(platform, span_days) -%}
    case when {{ platform }} in ('wechat') then 1 else {{ span_days }} end
{%- endmacro %}

{# What each platform counts as engagement: the numerator of its engagement rates. #}
{% macro engagement_by_platform() %}
    {% do return({
        'bilibili': ['danmaku', 'comments', 'likes', 'coins', 'saves', 'shares'],
        'douyin': ['likes', 'comments', 'shares'],
        'wechat': ['likes', 'wows', 'shares', 'comments'],
        'weibo': ['comments', 'likes', 'shares'],
        'xiaohongshu': ['likes', 'comments', 'saves', 'shares'],
    }) %}
{% endmacro %}

{% macro by_platform(platform, columns, prefix='', suffix='', is_name=false) -%}
    case {{ platform }}
        {%- for name, column in columns.items() %}
        when '{{ name }}' then {{ "'" ~ column ~ "'" if is_name else prefix ~ column ~ suffix }}
        {%- endfor %}
    end
{%- endmacro %}

{# The sum of a platform's own counters; NULL as soon as one of them is. #}
{% macro sum_by_platform(platform, counters, prefix='', suffix='') -%}
    case {{ platform }}
        {%- for name, columns in counters.items() %}
        when '{{ name }}' then {% for column in columns %}{{ prefix }}{{ column }}{{ suffix }}{{ ' + ' if not loop.last }}{% endfor %}
        {%- endfor %}
    end
{%- endmacro %}
