select
    account_key,
    complaint_id,
    case kind
        when '产品' then 'product'
        when '物流' then 'logistics'
        when '服务' then 'service'
        when '内容' then 'content'
        when '侵权' then 'infringement'
        when '其他' then 'other'
    end as kind,
    case severity
        when '低' then 'low'
        when '中' then 'medium'
        when '高' then 'high'
    end as severity,
    case is_malicious when '是' then true when '否' then false end as is_malicious,
    received_at,
    first_response_at,
    resolved_at,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__complaints') }}
