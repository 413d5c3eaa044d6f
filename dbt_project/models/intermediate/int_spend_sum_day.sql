{{ config(materialized='table') }}

-- what an account cost on a day, beside the followers it won: advertising by service date, contracts
-- with others on the day they published, rewards on the day their activity started
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
    days.account_key,
    days.stat_date,
    days.new_followers,
    days.net_followers,
    coalesce(summed.paid_cny, cast(0 as decimal(18, 2))) as paid_cny,
    coalesce(summed.kol_cny, cast(0 as decimal(18, 2))) as kol_cny,
    coalesce(summed.spend_cny, cast(0 as decimal(18, 2))) as spend_cny
from {{ ref('fct_account_day') }} as days
left join summed
    on
        days.account_key = summed.account_key
        and days.stat_date = summed.stat_date
