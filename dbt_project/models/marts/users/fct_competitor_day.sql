with competitors as (
    {{ union_of('competitor_days', [
        'account_key', 'competitor', 'provider', 'is_estimate', 'followers', 'posts_published',
        'likes', 'comments', 'shares', 'stat_date',
    ]) }}
)

select
    competitors.competitor as account_key,
    accounts.brand_key,
    competitors.stat_date,
    competitors.followers,
    competitors.posts_published,
    competitors.likes,
    competitors.comments,
    competitors.shares,
    competitors.is_estimate,
    competitors.provider
from competitors
inner join {{ source('config', 'account') }} as accounts
    on competitors.account_key = accounts.account_key
where competitors.stat_date <= {{ as_of_date() }}
