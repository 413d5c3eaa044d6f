-- who commented on a day, as far as platforms identify people: the members of identified_users
with commented as (
    select
        account_key,
        author_key,
        commented_on,
        min(commented_on) over (partition by account_key, author_key) as first_on
    from {{ ref('int_comment_union') }}
    where
        not is_brand
        and author_key is not null
)

select distinct
    account_key,
    commented_on as stat_date,
    commented_on as known_on,
    first_on,
    author_key as member
from commented
