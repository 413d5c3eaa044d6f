select
    account_key,
    competitor,
    provider,
    is_estimate,
    followers,
    posts_published,
    likes,
    comments,
    shares,
    stat_date
from {{ ref('stg_sheet__competitor_days') }}
