with mentioned as (
    {{ union_of('mention_days', [
        'account_key', 'channel', 'provider', 'model_version', 'mentions',
        'competitor_mentions', 'positive', 'neutral', 'negative', 'unclassified', 'stat_date',
    ]) }}
)

select
    mentioned.channel,
    accounts.brand_key,
    mentioned.stat_date,
    cast(sum(mentioned.mentions) as bigint) as mentions,
    cast(sum(mentioned.competitor_mentions) as bigint) as competitor_mentions,
    cast(sum(mentioned.positive) as bigint) as positive,
    cast(sum(mentioned.neutral) as bigint) as neutral,
    cast(sum(mentioned.negative) as bigint) as negative,
    cast(sum(mentioned.unclassified) as bigint) as unclassified,
    max(mentioned.provider) as provider,
    max(mentioned.model_version) as model_version
from mentioned
inner join {{ source('config', 'account') }} as accounts
    on mentioned.account_key = accounts.account_key
where mentioned.stat_date <= {{ as_of_date() }}
group by mentioned.channel, accounts.brand_key, mentioned.stat_date
