{{ config(materialized='table') }}

-- what was said of the brand on a day, over all channels; what nobody classified has no tone,
-- and a channel that leaves one of the three blank tells of none
select
    account_key,
    stat_date,
    cast(sum(mentions) as bigint) as mentions,
    cast(sum(case when competitor_mentions is not null then mentions end) as bigint) as compared_mentions,
    cast(sum(mentions + competitor_mentions) as bigint) as market_mentions,
    cast(sum(case when neutral + negative is not null then positive end) as bigint) as positive,
    cast(sum(case when positive + neutral is not null then negative end) as bigint) as negative,
    cast(sum(positive + neutral + negative) as bigint) as classified
from (
    {{ union_of('mention_days', [
        'account_key', 'mentions', 'competitor_mentions', 'positive', 'neutral', 'negative',
        'stat_date',
    ]) }}
) as mentioned
where stat_date <= {{ as_of_date() }}
group by account_key, stat_date
