select
    account_key,
    channel,
    provider,
    model_version,
    mentions,
    competitor_mentions,
    positive,
    neutral,
    negative,
    unclassified,
    stat_date
from {{ ref('stg_sheet__mentions') }}
