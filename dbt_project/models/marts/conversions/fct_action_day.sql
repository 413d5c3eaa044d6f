with actions_taken as (
    {{ union_of('action_days', [
        'account_key', 'channel', 'action', 'actions', 'clicks', 'stat_date',
    ]) }}
)

select
    actions_taken.channel,
    actions_taken.action,
    accounts.brand_key,
    actions_taken.stat_date,
    cast(sum(actions_taken.actions) as bigint) as actions,
    cast(sum(actions_taken.clicks) as bigint) as clicks
from actions_taken
inner join {{ source('config', 'account') }} as accounts
    on actions_taken.account_key = accounts.account_key
where actions_taken.stat_date <= {{ as_of_date() }}
group by actions_taken.channel, actions_taken.action, accounts.brand_key, actions_taken.stat_date
