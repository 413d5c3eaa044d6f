with ranked_totals as (
    select
        account_key,
        post_id,
        title,
        url,
        published_on,
        row_number() over (partition by account_key, post_id order by stat_date desc) as newest_first
    from {{ ref('stg_wechat__article_totals') }}
),

sent_articles as (
    select
        account_key,
        post_id,
        title,
        url,
        published_on
    from ranked_totals
    where newest_first = 1
),

ranked_listed as (
    select
        account_key,
        article_id,
        article_position,
        title,
        url,
        is_deleted,
        updated_at,
        row_number() over (
            partition by account_key, coalesce(url, article_id || '_' || cast(article_position as string))
            order by updated_at desc, article_id asc, article_position asc
        ) as newest_first
    from {{ ref('stg_wechat__published_articles') }}
),

listed_articles as (
    select
        account_key,
        article_id,
        article_position,
        title,
        url,
        is_deleted,
        updated_at
    from ranked_listed
    where newest_first = 1
),

-- statistics and listing share no id; the address is what both carry
matched as (
    select
        sent_articles.account_key,
        sent_articles.post_id,
        sent_articles.title,
        sent_articles.url,
        coalesce(listed_articles.is_deleted, false) as is_deleted,
        sent_articles.published_on,
        case
            when {{ shanghai_date('listed_articles.updated_at') }} = sent_articles.published_on
                then listed_articles.updated_at
        end as published_at
    from sent_articles
    left join listed_articles
        on
            sent_articles.account_key = listed_articles.account_key
            and sent_articles.url = listed_articles.url
),

only_listed as (
    select
        listed_articles.account_key,
        listed_articles.article_id || '_' || cast(listed_articles.article_position as string) as post_id,
        listed_articles.title,
        listed_articles.url,
        listed_articles.is_deleted,
        {{ shanghai_date('listed_articles.updated_at') }} as published_on,
        listed_articles.updated_at as published_at
    from listed_articles
    left join sent_articles
        on
            listed_articles.account_key = sent_articles.account_key
            and listed_articles.url = sent_articles.url
    where sent_articles.account_key is null
)

select
    account_key,
    post_id,
    title,
    'article' as content_form,
    url,
    is_deleted,
    cast(null as double) as duration_seconds,  -- not offered
    published_on,
    published_at
from matched

union all

select
    account_key,
    post_id,
    title,
    'article' as content_form,
    url,
    is_deleted,
    cast(null as double) as duration_seconds,  -- not offered
    published_on,
    published_at
from only_listed
