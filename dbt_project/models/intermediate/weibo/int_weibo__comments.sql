-- the brand's own answers are not told: comments received are known, whether they were answered is not
select
    account_key,
    comment_id,
    post_id,
    cast(null as string) as author_key,  -- not offered
    is_brand,
    cast(null as boolean) as needs_reply,  -- an answer would not be told
    commented_at,
    cast(null as {{ type_moment() }}) as first_reply_at  -- not offered
from {{ ref('stg_weibo__comments') }}
