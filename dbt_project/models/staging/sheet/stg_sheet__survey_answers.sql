select
    account_key,
    survey_id,
    respondent as respondent_key,
    question,
    nullif(answer, '') as answer,
    answered_on,
    _batch_id,
    _committed_at
from {{ source('lake', 'sheet__survey_answers') }}
