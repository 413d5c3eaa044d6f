select
    account_key,
    channel,
    nullif(provider, '') as provider,
    nullif(model_version, '') as model_version,
    cast(mentions as bigint) as mentions,
    cast(competitor_mentions as bigint) as competitor_mentions,
    cast(positive as bigint) as positive,
    cast(neutral as bigint) as neutral,
    cast(negative as bigint) as negative,
    cast(unclassified as bigint) as unclassified,
    stat_date,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__mentions') }}
