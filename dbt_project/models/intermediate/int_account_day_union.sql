{% set from_sheet_too = {
    'followers': 'followers',
    'new_followers': 'new_followers',
    'unfollows': 'unfollows',
    'active_users': 'active_users',
    'profile_visits': 'profile_visits',
    'impressions': 'impressions',
    'plays': 'plays',
    'reads': 'reads',
    'likes': 'interactions',
    'comments': 'interactions',
    'shares': 'interactions',
    'saves': 'saves',
    'posts_published': 'posts_published',
} -%}
{% set columns = [
    'account_key', 'stat_date', 'active_users_basis', 'stock_change', 'stock_change_days',
] + account_day_columns() -%}
{% for group in from_sheet_too.values() | unique %}{% do columns.append('has_' ~ group) %}{% endfor -%}

with api as (
    {{ union_of('account_days', columns) }}
),

sheet as (
    select
        account_key,
        {%- for column in from_sheet_too %}
        {{ column }},
        {%- endfor %}
        stat_date
    from {{ ref('stg_sheet__account_days') }}
),

days as (
    select
        account_key,
        stat_date
    from api

    union

    select
        account_key,
        stat_date
    from sheet
)

-- never a coalesce: where the API has the word its NULL stands, else the sheet speaks
select
    days.account_key,
    days.stat_date,
    api.stock_change,
    api.stock_change_days,
    {%- for column in account_day_columns() %}
    {%- if column in from_sheet_too %}
    case
        when api.has_{{ from_sheet_too[column] }} then api.{{ column }}
        else sheet.{{ column }}
    end as {{ column }},
    {%- else %}
    api.{{ column }},
    {%- endif %}
    {%- endfor %}
    case
        when api.has_active_users then api.active_users_basis
        when sheet.active_users is not null then 'platform_own'
    end as active_users_basis
from days
left join api
    on
        days.account_key = api.account_key
        and days.stat_date = api.stat_date
left join sheet
    on
        days.account_key = sheet.account_key
        and days.stat_date = sheet.stat_date
