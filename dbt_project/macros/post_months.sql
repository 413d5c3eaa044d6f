{#
  Per post and month what mart_content adds up: the newest day's totals, and sums from the day of
  publication on (published_on, as dim_post had it). scope chooses rows of fct_post_day, as `days`.
#}
{% macro post_months(scope) -%}
(
    with observed as (
        select
            days.post_key,
            days.stat_date,
            days.plays,
            days.completed_plays,
            days.likes_total,
            {{ by_platform('accounts.platform', exposure_by_platform(), 'days.') }} as exposures,
            {{ exposure_days('accounts.platform', 'days.span_days') }} as exposure_days,
            posts.published_on,
            cast(date_trunc('month', days.stat_date) as date) as month_on
        from {{ ref('fct_post_day') }} as days
        inner join {{ source('config', 'account') }} as accounts
            on days.account_key = accounts.account_key
        left join {{ ref('dim_post') }} as posts
            on days.post_key = posts.post_key
        where {{ scope }}
    ),

    months as (
        select
            post_key,
            month_on,
            published_on,
            max(case when likes_total is not null then stat_date end) is not null as has_likes,
            coalesce(max(case when likes_total is not null then stat_date end), max(stat_date)) as newest_on,
            {%- for counter in ['plays', 'completed_plays'] %}
            cast(sum(case when stat_date >= published_on then {{ counter }} end) as bigint) as {{ counter }},
            {%- endfor %}
            {%- for days in first_days() %}
            {%- set is_early %}exposures is not null and stat_date >= published_on and stat_date < {{ add_days('published_on', days) }}{% endset %}
            cast(sum(case when {{ is_early }} then exposures end) as bigint) as exposures_first_{{ days }}_days,
            cast(sum(case when {{ is_early }} then exposure_days end) as bigint) as covered_first_{{ days }}_days{{ ',' if not loop.last }}
            {%- endfor %}
        from observed
        group by post_key, month_on, published_on
    )

    select
        months.post_key,
        months.month_on,
        months.published_on,
        months.has_likes,
        months.plays,
        months.completed_plays,
        {%- for days in first_days() %}
        months.exposures_first_{{ days }}_days,
        months.covered_first_{{ days }}_days,
        {%- endfor %}
        {%- for counter in engagement_counters() %}
        days.{{ counter }}_total,
        {%- endfor %}
        {{ by_platform('accounts.platform', exposure_by_platform(), 'days.', '_total') }} as exposures_total
    from months
    inner join {{ ref('fct_post_day') }} as days
        on
            months.post_key = days.post_key
            and months.newest_on = days.stat_date
    inner join {{ source('config', 'account') }} as accounts
        on days.account_key = accounts.account_key
    where {{ scope }}
)
{%- endmacro %}

{# A post's first days count when they are over and every one of them is covered. #}
{% macro first_days() %}{% do return([1, 7, 28]) %}{% endmacro %}

{# The counters that some platform counts as engagement. #}
{% macro engagement_counters() %}
    {% do return(['likes', 'wows', 'comments', 'shares', 'saves', 'danmaku', 'coins']) %}
{% endmacro %}

{# The columns of post_months. #}
{% macro post_month_columns() %}
    {% set columns = ['post_key', 'month_on', 'published_on', 'has_likes', 'plays', 'completed_plays'] %}
    {% for days in first_days() %}
        {% do columns.extend(['exposures_first_' ~ days ~ '_days', 'covered_first_' ~ days ~ '_days']) %}
    {% endfor %}
    {% for counter in engagement_counters() %}{% do columns.append(counter ~ '_total') %}{% endfor %}
    {% do return(columns + ['exposures_total']) %}
{% endmacro %}
