with complaints as (
    {{ union_of('complaints', [
        'account_key', 'complaint_id', 'kind', 'severity', 'is_malicious', 'received_at',
        'first_response_at', 'resolved_at',
    ]) }}
)

select
    complaints.account_key || '/' || complaints.complaint_id as complaint_key,
    accounts.brand_key,
    complaints.account_key,
    complaints.received_at,
    case when complaints.first_response_at < {{ end_of_as_of_date() }} then complaints.first_response_at end as first_response_at,
    case when complaints.resolved_at < {{ end_of_as_of_date() }} then complaints.resolved_at end as resolved_at,
    complaints.kind,
    complaints.is_malicious,
    complaints.severity
from complaints
inner join {{ source('config', 'account') }} as accounts
    on complaints.account_key = accounts.account_key
where complaints.received_at < {{ end_of_as_of_date() }}
