with dates as (
    {{ date_spine_between(first_date(), as_of_date()) }}
),

own_accounts as (
    select
        account_key,
        brand_key,
        platform,
        kind,
        active_from,
        active_to
    from {{ source('config', 'account') }}
    where ownership = 'own'
)

select
    own_accounts.account_key,
    own_accounts.brand_key,
    own_accounts.platform,
    own_accounts.kind,
    dates.date as stat_date
from own_accounts
inner join dates
    on
        dates.date >= coalesce(own_accounts.active_from, {{ first_date() }})
        and dates.date <= coalesce(own_accounts.active_to, {{ as_of_date() }})
