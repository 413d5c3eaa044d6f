{{ config(materialized='table') }}

-- the groups of an account together; a rate counts the groups that tell both of its parts
select
    account_key,
    stat_date,
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
        'account_key', 'members', 'left_members', 'speakers', 'messages', 'stat_date',
    ]) }}
) as communities
where stat_date <= {{ as_of_date() }}
group by account_key, stat_date
