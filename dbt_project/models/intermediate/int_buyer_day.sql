-- who bought of a shop on a day, and since when: the members of buyers, of spend per buyer and of
-- returning buyers. History is left-censored: who bought before it begins looks new
with bought as (
    select
        account_key,
        buyer_key,
        paid_on,
        min(paid_on) over (partition by account_key, buyer_key) as first_on
    from {{ ref('fct_order') }}
    where
        paid_on is not null
        and buyer_key is not null
)

select distinct
    account_key,
    paid_on as stat_date,
    paid_on as known_on,
    first_on,
    buyer_key as member
from bought
