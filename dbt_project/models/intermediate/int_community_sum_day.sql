{{ config(materialized='table') }}

-- the groups of an account together, as each source tells of them; a rate counts the groups that
-- tell both of its parts
with told as (
    select
        account_key,
        stat_date,
        source_platform <> 'sheet' as is_api,
        has_speakers,
        {{ strict_sum('members') }} as members,
        {{ strict_sum('messages') }} as messages,
        {{ strict_sum('speakers') }} as speakers,
        cast(sum(case when members is not null then speakers end) as bigint) as active_members,
        cast(sum(case when speakers is not null then members end) as bigint) as members_with_speakers,
        cast(sum(case when members is not null then left_members end) as bigint) as left_members,
        -- who was there at the start of the day or came: who is there at its end and who left
        cast(sum(case when left_members is not null then members + left_members end) as bigint) as members_before_leaving
    from (
        {{ union_of('community_days', [
            'account_key', 'has_speakers', 'members', 'left_members', 'speakers', 'messages',
            'stat_date',
        ]) }}
    ) as communities
    where stat_date <= {{ as_of_date() }}
    group by account_key, stat_date, source_platform, has_speakers
),

days as (
    select distinct
        account_key,
        stat_date
    from told
)

-- never a sum of both, nor a coalesce: where an API has the word its NULL stands, else the sheet speaks
select
    days.account_key,
    days.stat_date,
    {%- for column in ['members', 'messages'] %}
    case when api.is_api then api.{{ column }} else sheet.{{ column }} end as {{ column }},
    {%- endfor %}
    {%- for column in [
        'speakers', 'active_members', 'members_with_speakers', 'left_members', 'members_before_leaving',
    ] %}
    case when api.has_speakers then api.{{ column }} else sheet.{{ column }} end as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from days
left join told as api
    on
        days.account_key = api.account_key
        and days.stat_date = api.stat_date
        and api.is_api
left join told as sheet
    on
        days.account_key = sheet.account_key
        and days.stat_date = sheet.stat_date
        and not sheet.is_api
