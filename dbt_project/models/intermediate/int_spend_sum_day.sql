{{ config(materialized='table') }}

-- what an account cost on a day, beside the followers it won where it can have any: advertising by
-- service date, contracts with others on the day they published, rewards on the day their activity started
with costs as (
    select
        account_key,
        spend_on as stat_date,
        spend_cny as paid_cny,
        cast(0 as decimal(18, 2)) as kol_cny,
        cast(0 as decimal(18, 2)) as reward_cny
    from {{ ref('fct_spend_day') }}

    union all

    select
        account_key,
        published_on as stat_date,
        cast(0 as decimal(18, 2)) as paid_cny,
        cost_cny as kol_cny,
        cast(0 as decimal(18, 2)) as reward_cny
    from {{ ref('int_kol_contract') }}
    where published_on is not null

    union all

    select
        account_key,
        stat_date,
        cast(0 as decimal(18, 2)) as paid_cny,
        cast(0 as decimal(18, 2)) as kol_cny,
        coalesce(reward_cny, cast(0 as decimal(18, 2))) as reward_cny
    from {{ ref('int_activity_day') }}
),

summed as (
    select
        account_key,
        stat_date,
        cast(sum(paid_cny) as decimal(18, 2)) as paid_cny,
        cast(sum(kol_cny) as decimal(18, 2)) as kol_cny,
        cast(sum(paid_cny + kol_cny + reward_cny) as decimal(18, 2)) as spend_cny
    from costs
    group by account_key, stat_date
)

select
    dates.account_key,
    dates.stat_date,
    followed.new_followers,
    followed.net_followers,
    coalesce(summed.paid_cny, cast(0 as decimal(18, 2))) as paid_cny,
    coalesce(summed.kol_cny, cast(0 as decimal(18, 2))) as kol_cny,
    coalesce(summed.spend_cny, cast(0 as decimal(18, 2))) as spend_cny
from {{ ref('int_account_date') }} as dates
left join {{ ref('fct_account_day') }} as followed
    on
        dates.account_key = followed.account_key
        and dates.stat_date = followed.stat_date
left join summed
    on
        dates.account_key = summed.account_key
        and dates.stat_date = summed.stat_date
