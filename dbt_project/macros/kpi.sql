{# A sum of doubles that does not depend on the order in which an engine adds them. #}
{% macro exact_sum(value, window='') -%}
    cast(sum(cast({{ value }} as decimal(38, 12))) {{ window }} as double)
{%- endmacro %}

{# What is measured as one: a metric within a scope over a stretch of days, with its pacing. #}
{% macro span_key(starts_on, ends_on, curve) -%}
    metric || '|' || basis || '|' || brand_key || '|' || ownership
    || '|' || coalesce(platform, '') || '|' || coalesce(account_key, '')
    || '|' || cast({{ starts_on }} as string) || '|' || cast({{ ends_on }} as string)
    || '|' || {{ curve }}
{%- endmacro %}

{# Comparisons are on unrounded numbers with a relative tolerance of 1e-9. #}
{% macro is_below(value, bound) -%}
    ({{ value }} < {{ bound }} - 1e-9 * abs({{ bound }}))
{%- endmacro %}

{% macro is_above(value, bound) -%}
    ({{ value }} > {{ bound }} + 1e-9 * abs({{ bound }}))
{%- endmacro %}

{# Reaching a target exactly is reaching it; of a limit, not passing it. #}
{% macro is_reached(value, target, direction) -%}
    (case
        when {{ direction }} = 'lower' then not {{ is_above(value, target) }}
        else not {{ is_below(value, target) }}
    end)
{%- endmacro %}

{# The Monday so many ISO weeks before that of a day. #}
{% macro weeks_before(day, weeks) -%}
    {{ add_days(day, '1 - ' ~ (weeks * 7) ~ ' - ' ~ iso_weekday(day)) }}
{%- endmacro %}

{# A ratio's part over a window, in the way that the registry says (config.metric). #}
{% macro window_part(part, days, openings, opening, members, returning) -%}
    case metric.{{ part }}_window
        when 'opening' then {{ opening }}
        -- the part of a day holds the stock that the day opened with
        when 'opening_and_days' then {{ days }} - {{ openings }} + {{ opening }}
        when 'members' then {{ members }}
        when 'returning_members' then {{ returning }}
        else {{ days }}
    end
{%- endmacro %}
