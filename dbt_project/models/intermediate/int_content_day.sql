{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='post_day',
) }}

{% set counters = [
    'impressions', 'plays', 'reads', 'views', 'likes', 'wows', 'comments', 'shares', 'saves',
    'danmaku', 'coins', 'new_followers',
] -%}

-- what the posts of an account gained within a day, over all posts observed that day. A counter that
-- one of them does not tell is left out of the sum: with the exposure, or with the engagement. So is
-- one that covers more days than the exposure beside it: a rate is of one and the same time
with gained as (
    select
        days.account_key,
        days.stat_date,
        {%- for counter in counters %}
        days.{{ counter }},
        {%- endfor %}
        {{ by_platform('accounts.platform', exposure_by_platform(), 'days.') }} as exposures,
        coalesce(
            days.span_days > {{ exposure_days('accounts.platform', 'days.span_days') }}, false
        ) as is_of_longer,
        {{ sum_by_platform('accounts.platform', engagement_by_platform(), 'days.') }} as engagements
    from {{ ref('fct_post_day') }} as days
    inner join {{ source('config', 'account') }} as accounts
        on days.account_key = accounts.account_key
    where {{ only_changed('days.stat_date', 'post_day') }}
),

rated as (
    select
        account_key,
        stat_date,
        {%- for counter in counters %}
        {{ counter }},
        {%- endfor %}
        exposures,
        case when not is_of_longer then exposures end as rated_exposures,
        engagements
    from gained
)

select
    account_key,
    stat_date,
    {%- for counter in counters %}
    cast(sum({{ counter }}) as bigint) as {{ counter }},
    {%- endfor %}
    cast(sum(exposures) as bigint) as exposures,
    cast(sum(case when rated_exposures is not null then engagements end) as bigint) as engagements,
    cast(sum(case when engagements is not null then rated_exposures end) as bigint) as engaged_exposures,
    {%- for counter in ['likes', 'comments', 'shares', 'saves', 'new_followers'] %}
    cast(sum(case when rated_exposures is not null then {{ counter }} end) as bigint) as exposed_{{ counter }},
    cast(sum(case when {{ counter }} is not null then rated_exposures end) as bigint) as exposures_with_{{ counter }},
    {%- endfor %}
    cast(sum(case when rated_exposures is not null then likes + comments + shares end) as bigint) as common_engagements,
    cast(sum(case when likes + comments + shares is not null then rated_exposures end) as bigint) as common_exposures
from rated
group by account_key, stat_date
