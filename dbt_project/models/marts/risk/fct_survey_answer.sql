with answers as (
    {{ union_of('survey_answers', [
        'account_key', 'survey_id', 'respondent_key', 'question', 'answer', 'answered_on',
    ]) }}
)

select
    answers.account_key || '/' || answers.survey_id as survey_key,
    answers.respondent_key,
    answers.question,
    accounts.brand_key,
    answers.answer,
    answers.answered_on
from answers
inner join {{ source('config', 'account') }} as accounts
    on answers.account_key = accounts.account_key
where answers.answered_on <= {{ as_of_date() }}
