{{ config(materialized='table') }}

-- what was said of the brand on a day, over all channels; what nobody classified has no tone
select
    account_key,
    stat_date,
    cast(sum(mentions) as bigint) as mentions,
    cast(sum(case when competitor_mentions is not null then mentions end) as bigint) as compared_mentions,
    cast(sum(mentions + competitor_mentions) as bigint) as market_mentions,
    cast(sum(positive) as bigint) as positive,
    cast(sum(negative) as bigint) as negative,
    cast(sum(positive + neutral + negative) as bigint) as classified
from (
    {{ union_of('mention_days', [
        'account_key', 'mentions', 'competitor_mentions', 'positive', 'neutral', 'negative',
        'stat_date',
    ]) }}
) as mentioned
where stat_date <= {{ as_of_date() }}
group by account_key, stat_date
