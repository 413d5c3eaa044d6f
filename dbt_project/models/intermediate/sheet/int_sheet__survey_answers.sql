select
    account_key,
    survey_id,
    respondent_key,
    question,
    answer,
    answered_on
from {{ ref('stg_sheet__survey_answers') }}
