{{ config(
    materialized='incremental',
    day_column='stat_date',
    domain='account_day',
) }}

{% set columns = account_day_columns() -%}

with dates as (
    select
        account_key,
        brand_key,
        platform,
        stat_date
    from {{ ref('int_account_date') }}
    where
        kind = 'social'
        and {{ only_changed('stat_date', 'account_day') }}
)

select
    dates.account_key,
    dates.brand_key,
    dates.platform,
    dates.stat_date,
    {%- for column in columns %}
    days.{{ column }},
    {%- endfor %}
    -- where no source tells who came and who left, what the stock moved by
    coalesce(days.new_followers - days.unfollows, days.stock_change) as net_followers,
    days.active_users_basis,
    case
        when
            coalesce(
                {%- for column in columns %}
                days.{{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            ) is not null
            then case
                when days.new_followers - days.unfollows is null
                    then coalesce(cast(days.stock_change_days as bigint), cast(1 as bigint))
                else cast(1 as bigint)
            end
    end as span_days
from dates
left join {{ ref('int_account_day_union') }} as days
    on
        dates.account_key = days.account_key
        and dates.stat_date = days.stat_date
