{# A ratio: both parts become double first; NULL when the denominator is 0 or NULL. #}
{% macro safe_divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{# Integer fen as decimal CNY, exactly. #}
{% macro fen_to_cny(fen) -%}
    cast(cast({{ fen }} as decimal(18, 2)) / 100 as decimal(18, 2))
{%- endmacro %}

{% macro percentile(value, share) %}{{ adapter.dispatch('percentile')(value, share) }}{% endmacro %}

{% macro default__percentile(value, share) -%}
    cast(quantile_cont(cast({{ value }} as double), {{ share }}) as double)
{%- endmacro %}

{% macro spark__percentile(value, share) -%}
    cast(percentile(cast({{ value }} as double), {{ share }}) as double)
{%- endmacro %}

{#
  A percentile of waits, of which those that go on have no seconds yet: they are longer than any that
  is over, and a percentile that falls among them is unknown.
#}
{% macro censored_percentile(is_waiting, seconds, share) -%}
    nullif(
        percentile_disc({{ share }}) within group (
            order by case when {{ is_waiting }} then coalesce(cast({{ seconds }} as double), 1e18) end
        ),
        1e18
    )
{%- endmacro %}

{# A platform id as text; the platforms write "absent" as NULL, '', '0' or 0. #}
{% macro present_id(id) -%}
    nullif(nullif(trim(cast({{ id }} as string)), ''), '0')
{%- endmacro %}

{# A sum (or max) that is NULL as soon as one of its rows is: a part is not the whole. #}
{% macro strict_sum(value, aggregate='sum') -%}
    case when count(*) = count({{ value }}) then cast({{ aggregate }}({{ value }}) as bigint) end
{%- endmacro %}

{# The lower bound of Wilson's 95 % interval of a share (E. B. Wilson, 1927). #}
{% macro wilson_low(hits, trials) -%}
    (
        cast({{ hits }} as double) / nullif({{ trials }}, 0) + 3.8416 / (2 * nullif({{ trials }}, 0))
        - 1.96 * sqrt(
            cast({{ hits }} as double) * ({{ trials }} - {{ hits }}) / nullif({{ trials }}, 0)
            + 3.8416 / 4
        ) / nullif({{ trials }}, 0)
    ) / (1 + 3.8416 / nullif({{ trials }}, 0))
{%- endmacro %}
