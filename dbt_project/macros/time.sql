{# Days, hours and weekdays are those of Asia/Shanghai; engines differ in how they say so. #}

{% macro shanghai_date(moment) %}{{ adapter.dispatch('shanghai_date')(moment) }}{% endmacro %}

{% macro default__shanghai_date(moment) -%}
    cast(timezone('Asia/Shanghai', {{ moment }}) as date)
{%- endmacro %}

{% macro spark__shanghai_date(moment) -%}
    to_date(from_utc_timestamp({{ moment }}, 'Asia/Shanghai'))
{%- endmacro %}

{% macro shanghai_hour(moment) %}{{ adapter.dispatch('shanghai_hour')(moment) }}{% endmacro %}

{% macro default__shanghai_hour(moment) -%}
    cast(extract(hour from timezone('Asia/Shanghai', {{ moment }})) as integer)
{%- endmacro %}

{% macro spark__shanghai_hour(moment) -%}
    cast(hour(from_utc_timestamp({{ moment }}, 'Asia/Shanghai')) as int)
{%- endmacro %}

{# The second of the Shanghai day, from 0. #}
{% macro shanghai_seconds(moment) %}{{ adapter.dispatch('shanghai_seconds')(moment) }}{% endmacro %}

{% macro default__shanghai_seconds(moment) -%}
    cast(epoch({{ moment }}) + 8 * 3600 as bigint) % 86400
{%- endmacro %}

{% macro spark__shanghai_seconds(moment) -%}
    (unix_timestamp({{ moment }}) + 8 * 3600) % 86400
{%- endmacro %}

{#
  Seconds of business hours before a moment, counted from a Monday long ago; the difference of two
  is the business time between them. Public holidays are not connected.
#}
{% macro business_seconds_until(moment) -%}
    {%- set hours = var('business_hours') -%}
    {%- set day = shanghai_date(moment) -%}
    {%- set days = days_between("date '1970-01-05'", day) -%}
    (
        (({{ days }} - ({{ days }}) % 7) / 7 * 5 + least(({{ days }}) % 7, 5)) * {{ (hours[1] - hours[0]) * 3600 }}
        + case
            when {{ iso_weekday(day) }} <= 5
                then least(
                    greatest({{ shanghai_seconds(moment) }} - {{ hours[0] * 3600 }}, 0),
                    {{ (hours[1] - hours[0]) * 3600 }}
                )
            else 0
        end
    )
{%- endmacro %}

{% macro business_seconds_between(since, until) -%}
    cast({{ business_seconds_until(until) }} - {{ business_seconds_until(since) }} as double)
{%- endmacro %}

{# A moment as digits YYYYMMDDHHMMSS, for readable keys. #}
{% macro shanghai_digits(moment) %}{{ adapter.dispatch('shanghai_digits')(moment) }}{% endmacro %}

{% macro default__shanghai_digits(moment) -%}
    strftime(timezone('Asia/Shanghai', {{ moment }}), '%Y%m%d%H%M%S')
{%- endmacro %}

{% macro spark__shanghai_digits(moment) -%}
    date_format(from_utc_timestamp({{ moment }}, 'Asia/Shanghai'), 'yyyyMMddHHmmss')
{%- endmacro %}

{# The first moment of a day. #}
{% macro shanghai_midnight(day) %}{{ adapter.dispatch('shanghai_midnight')(day) }}{% endmacro %}

{% macro default__shanghai_midnight(day) -%}
    timezone('Asia/Shanghai', cast({{ day }} as timestamp))
{%- endmacro %}

{% macro spark__shanghai_midnight(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), 'Asia/Shanghai')
{%- endmacro %}

{# Monday = 1. #}
{% macro iso_weekday(day) %}{{ adapter.dispatch('iso_weekday')(day) }}{% endmacro %}

{% macro default__iso_weekday(day) -%}
    cast(extract(isodow from {{ day }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(day) -%}
    cast(weekday({{ day }}) + 1 as int)
{%- endmacro %}

{# As 2026-W16: the year is that of the week's Thursday. #}
{% macro iso_week(day) %}{{ adapter.dispatch('iso_week')(day) }}{% endmacro %}

{% macro default__iso_week(day) -%}
    strftime({{ day }}, '%G-W%V')
{%- endmacro %}

{% macro spark__iso_week(day) -%}
    concat(extract(yearofweek from {{ day }}), '-W', lpad(extract(week from {{ day }}), 2, '0'))
{%- endmacro %}

{% macro year_month(day) %}{{ adapter.dispatch('year_month')(day) }}{% endmacro %}

{% macro default__year_month(day) -%}
    strftime({{ day }}, '%Y-%m')
{%- endmacro %}

{% macro spark__year_month(day) -%}
    date_format({{ day }}, 'yyyy-MM')
{%- endmacro %}

{# Whole days from one day to a later one. #}
{% macro days_between(since, until) %}{{ adapter.dispatch('days_between')(since, until) }}{% endmacro %}

{% macro default__days_between(since, until) -%}
    cast(datediff('day', {{ since }}, {{ until }}) as bigint)
{%- endmacro %}

{% macro spark__days_between(since, until) -%}
    cast(datediff({{ until }}, {{ since }}) as bigint)
{%- endmacro %}

{% macro add_days(day, days) %}{{ adapter.dispatch('add_days')(day, days) }}{% endmacro %}

{% macro default__add_days(day, days) -%}
    cast({{ day }} + to_days(cast({{ days }} as integer)) as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{% macro seconds_between(since, until) %}{{ adapter.dispatch('seconds_between')(since, until) }}{% endmacro %}

{% macro default__seconds_between(since, until) -%}
    cast(epoch({{ until }}) - epoch({{ since }}) as double)
{%- endmacro %}

{% macro spark__seconds_between(since, until) -%}
    cast(unix_timestamp({{ until }}) - unix_timestamp({{ since }}) as double)
{%- endmacro %}

{% macro add_hours(moment, hours) %}{{ adapter.dispatch('add_hours')(moment, hours) }}{% endmacro %}

{% macro default__add_hours(moment, hours) -%}
    {{ moment }} + to_hours({{ hours }})
{%- endmacro %}

{% macro spark__add_hours(moment, hours) -%}
    {{ moment }} + make_interval(0, 0, 0, 0, {{ hours }}, 0, 0)
{%- endmacro %}

{% macro add_seconds(moment, seconds) %}{{ adapter.dispatch('add_seconds')(moment, seconds) }}{% endmacro %}

{% macro default__add_seconds(moment, seconds) -%}
    {{ moment }} + to_seconds({{ seconds }})
{%- endmacro %}

{% macro spark__add_seconds(moment, seconds) -%}
    {{ moment }} + make_interval(0, 0, 0, 0, 0, 0, {{ seconds }})
{%- endmacro %}

{# A query of one column `date`: every day of a closed range, oldest first. #}
{% macro date_spine_between(since, until) %}{{ adapter.dispatch('date_spine_between')(since, until) }}{% endmacro %}

{% macro default__date_spine_between(since, until) -%}
    select cast(series.day as date) as date
    from generate_series(cast({{ since }} as timestamp), cast({{ until }} as timestamp), interval 1 day) as series (day)
{%- endmacro %}

{% macro spark__date_spine_between(since, until) -%}
    select explode(sequence({{ since }}, {{ until }}, interval 1 day)) as date
{%- endmacro %}
