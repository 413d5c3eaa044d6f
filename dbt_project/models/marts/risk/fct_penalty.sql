with penalties as (
    {{ union_of('penalties', [
        'account_key', 'penalty_id', 'post_id', 'kind', 'found_at', 'removed_at', 'closed_at',
    ]) }}
)

select
    penalties.account_key || '/' || penalties.penalty_id as penalty_key,
    accounts.brand_key,
    penalties.account_key,
    penalties.account_key || '/' || penalties.post_id as post_key,
    penalties.found_at,
    penalties.kind,
    case when penalties.removed_at < {{ end_of_as_of_date() }} then penalties.removed_at end as removed_at,
    case when penalties.closed_at < {{ end_of_as_of_date() }} then penalties.closed_at end as closed_at
from penalties
inner join {{ source('config', 'account') }} as accounts
    on penalties.account_key = accounts.account_key
where penalties.found_at < {{ end_of_as_of_date() }}
