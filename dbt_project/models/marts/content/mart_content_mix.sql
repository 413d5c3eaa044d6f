{% set dimensions = {'form': 'content_form', 'topic': 'content_topic'} -%}

-- what an account's posts of a week are made of, those deleted since among them
with posts as (
    select
        post_key,
        account_key,
        brand_key,
        platform,
        {{ add_days('published_on', '1 - ' ~ iso_weekday('published_on')) }} as week_on,
        content_form,
        content_topic
    from {{ ref('dim_post') }}
    where published_on is not null
),

items as (
    {%- for dimension, column in dimensions.items() %}
    select
        post_key,
        account_key,
        brand_key,
        platform,
        week_on,
        '{{ dimension }}' as dimension,
        {{ column }} as item
    from posts
    where {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

counted as (
    select
        account_key,
        brand_key,
        platform,
        week_on,
        dimension,
        item,
        cast(count(post_key) as bigint) as posts
    from items
    group by account_key, brand_key, platform, week_on, dimension, item
)

-- the share is of the posts of which the form, or the topic, is known
select
    account_key,
    brand_key,
    platform,
    week_on,
    dimension,
    item,
    posts,
    cast(sum(posts) over (partition by account_key, week_on, dimension) as bigint) as posts_of_all_items,
    cast(posts as double) / sum(posts) over (partition by account_key, week_on, dimension) as share
from counted
