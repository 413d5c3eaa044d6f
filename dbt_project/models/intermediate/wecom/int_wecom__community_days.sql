{% set entity = 'account_key, employee_key' -%}

with owner_days as (
    select
        account_key,
        employee_key,
        communities,
        new_communities,
        members,
        joined,
        messages_total,
        -- what is as old as the day holds nothing older
        communities = new_communities as is_complete,
        stat_date
    from {{ ref('stg_wecom__owner_days') }}
),

changes as (
    select
        account_key,
        employee_key,
        members,
        joined,
        new_communities,
        {{ daily_change('communities', entity, 'stat_date', 'is_complete') }} as more_communities,
        {{ daily_change('messages_total', entity, 'stat_date', 'is_complete') }} as more_messages,
        {{ span_days(entity, 'stat_date', 'is_complete') }} as span_days,
        stat_date
    from owner_days
)

-- the platform counts per owner of groups, not per group
select
    account_key,
    'owner/' || employee_key as community_id,
    false as has_speakers,  -- neither who spoke nor who left
    members,
    joined,
    {{ not_offered(['left_members', 'speakers']) }},
    -- the change of a running total is the day's only from the day before, and where no group
    -- was dissolved or changed hands: those take their older messages with them
    case
        when span_days = 1 and more_communities = new_communities and more_messages >= 0
            then more_messages
    end as messages,
    stat_date
from changes
