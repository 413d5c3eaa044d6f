{{ config(materialized='table') }}

-- what the exports of the creator centre say of posts, on the day the post was published: each export
-- brings totals, so that a newer one is known as what it adds to the last one that told the figure

with told as (
    {{ union_of('post_completions', ['account_key', 'post_id', 'stat_date'] + exported_totals()) }}
),

totals as (
    select
        posts.post_key,
        posts.account_key,
        posts.published_on,
        greatest(told.stat_date, posts.published_on) as known_on,
        {%- for figure in exported_totals() %}
        told.{{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from told
    inner join {{ ref('dim_post') }} as posts
        on
            told.account_key = posts.account_key
            and told.post_id = posts.post_id
    where
        told.stat_date <= {{ as_of_date() }}
        and posts.published_on is not null
),

added as (
    select
        account_key,
        published_on,
        known_on,
        {%- for figure in exported_totals() %}
        {{ figure }} - coalesce(
            max_by({{ figure }}, case when {{ figure }} is not null then known_on end) over (
                partition by post_key
                order by known_on
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as {{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from totals
)

select
    account_key,
    published_on as stat_date,
    known_on,
    {%- for figure in exported_totals() %}
    cast(sum({{ figure }}) as double) as {{ figure }}{{ ',' if not loop.last }}
    {%- endfor %}
from added
group by account_key, published_on, known_on
