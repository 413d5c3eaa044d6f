{#
  The rows of every platform that offers a shape. A platform joins by its file
  models/intermediate/<platform>/int_<platform>__<shape>.sql; no list is kept anywhere.
#}
{% macro union_of(shape, columns) -%}
{%- for platform in var('unions').get(shape, []) %}
select
    '{{ platform }}' as source_platform,
    {%- for column in columns %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('int_' ~ platform ~ '__' ~ shape) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# Columns that a source does not offer. #}
{% macro not_offered(columns, type='bigint') -%}
{%- for column in columns %}
    cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# The columns of the shape `account_days`, beside account_key and stat_date. #}
{% macro account_day_columns() %}
    {% do return([
        'followers', 'new_followers', 'unfollows', 'active_users', 'profile_visits', 'impressions',
        'plays', 'reads', 'read_users', 'views', 'likes', 'wows', 'comments', 'shares', 'saves',
        'posts_published',
    ]) %}
{% endmacro %}

{# The counters of the shape `post_days`: what can change within a day. #}
{% macro post_counters() %}
    {% do return([
        'impressions', 'plays', 'reads', 'read_users', 'views', 'likes', 'wows', 'comments', 'shares',
        'saves', 'danmaku', 'coins', 'new_followers',
    ]) %}
{% endmacro %}

{# The totals of the shape `post_completions`: what is told of a post's plays, reads and cover until its day. #}
{% macro exported_totals() %}
    {% do return([
        'plays_total', 'completed_plays_total', 'plays_5s_total', 'plays_of_5s_total',
        'bounces_2s_total', 'plays_of_2s_total', 'watch_seconds_total', 'plays_of_watch_total',
        'finished_reads_total', 'reads_of_finish_total', 'message_readers_total', 'delivered_total',
        'cover_clicks_total', 'impressions_of_cover_total',
    ]) %}
{% endmacro %}
