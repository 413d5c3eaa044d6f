-- every attempt to deliver a message before this release, copied from the ledger
select
    delivery.alert_id,
    delivery.channel,
    delivery.attempted_at,
    alert.brand_key,
    delivery.outcome,
    delivery.response
from {{ source('ledger', 'delivery') }} as delivery
left join {{ ref('alert') }} as alert
    on delivery.alert_id = alert.alert_id
