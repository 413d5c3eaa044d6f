{#
  Days of registered metrics that are read in the same way of one model with one row per account and
  day, as the columns of int_metric_event. What is known only later has a row per day on which it
  became known. The formulas are a table of their own, so that the model is joined once for all.
#}
{% macro metric_days(reading, dates, readings) -%}
    select
        formulas.of_metric as metric,
        formulas.of_basis as basis,
        dates.account_key,
        dates.platform,
        dates.stat_date,
        {{ 'days.known_on' if reading.is_later else 'dates.stat_date' }} as known_on,
        {{ of_formula(reading, 'value') }} as value,
        {{ of_formula(reading, 'numerator', 'denominator') }} as numerator,
        {{ of_formula(reading, 'denominator', 'numerator') }} as denominator,
        {{ of_formula(reading, 'opening') }} as opening
    from {{ dates }} as dates
    {{ 'inner' if reading.is_later else 'left' }} join {{ ref(reading.from) }} as days
        on
            dates.account_key = days.account_key
            and dates.stat_date = days.stat_date
    inner join (
        values
        {%- for formula in reading.formulas %}
        {%- set n = loop.index %}
        {%- set is_last_formula = loop.last %}
        {%- for platform in formula.platforms %}
            ({{ n }}, '{{ formula.metric }}', '{{ formula.basis }}', '{{ platform }}')
            {{- ',' if not (is_last_formula and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    ) as formulas (formula_no, of_metric, of_basis, of_platform)
        on dates.platform = formulas.of_platform
    {%- if reading.zero_if_read %}
    left join {{ readings }} as readings
        on
            formulas.of_metric = readings.metric
            and formulas.of_basis = readings.basis
            and dates.account_key = readings.account_key
            and dates.stat_date = readings.stat_date
    {%- endif %}
{%- endmacro %}

{# One part of every formula; a day on which one of two parts is unknown is left out of both. #}
{% macro of_formula(reading, part, other=none) -%}
        {%- set found = reading.formulas | selectattr(part) | list -%}
        {%- if found -%}
        case formulas.formula_no
            {%- for formula in reading.formulas %}
            {%- if formula[part] %}
            when {{ loop.index }} then
                {%- if other and formula[other] %} case when ({{ metric_part(reading, formula, other) }}) is not null then{% endif %}
                cast({{ metric_part(reading, formula, part) }} as double)
                {%- if other and formula[other] %} end{% endif %}
            {%- endif %}
            {%- endfor %}
        end
        {%- else -%}
        cast(null as double)
        {%- endif -%}
{%- endmacro %}

{# Where the registry says so a day without a row is 0 if all that is needed was read, else unknown. #}
{% macro metric_part(reading, formula, part) -%}
    {%- if reading.zero_if_read and part != 'opening' -%}
        case
            when readings.account_key is null then null
            when days.account_key is null then coalesce({{ formula[part] }}, 0)
            else {{ formula[part] }}
        end
    {%- else -%}
        {{ formula[part] }}
    {%- endif -%}
{%- endmacro %}
