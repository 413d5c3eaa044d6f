{{ config(materialized='table') }}

{% set kinds = ['register', 'download', 'lead'] -%}

-- what people did on a day, over all channels of an account
select
    account_key,
    stat_date,
    {%- for kind in kinds %}
    cast(sum(case when action = '{{ kind }}' then actions else 0 end) as bigint) as {{ kind }}_actions,
    cast(sum(case when action = '{{ kind }}' and clicks is not null then actions else 0 end) as bigint) as {{ kind }}_clicked_actions,
    cast(sum(case when action = '{{ kind }}' then coalesce(clicks, 0) else 0 end) as bigint) as {{ kind }}_clicks{{ ',' if not loop.last }}
    {%- endfor %}
from (
    {{ union_of('action_days', ['account_key', 'action', 'actions', 'clicks', 'stat_date']) }}
) as actions_taken
where stat_date <= {{ as_of_date() }}
group by account_key, stat_date
