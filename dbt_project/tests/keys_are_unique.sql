-- One test for the key of every table that has rows: a test per table costs a query start each.
-- Of a table that is built by days only what was built is looked at: the day is part of its key.
-- depends_on: {{ ref('int_metric_later') }}

{% set keys = {
    'dim_account': ['account_key'],
    'dim_post': ['post_key'],
    'dim_product': ['product_key'],
    'dim_metric': ['metric'],
    'dim_date': ['date'],
    'fct_account_day': ['account_key', 'stat_date'],
    'fct_post_day': ['post_key', 'stat_date'],
    'fct_interaction_day': ['account_key', 'stat_date'],
    'fct_reply_item': ['item_key'],
    'fct_order': ['order_key'],
    'fct_order_line': ['line_key'],
    'fct_attribution_candidate': ['line_key', 'candidate_no'],
    'fct_refund': ['refund_key'],
    'fct_live_session': ['live_key'],
    'fct_metric_day': ['metric', 'basis', 'account_key', 'stat_date'],
    'mart_users': ['account_key', 'stat_date'],
    'mart_content': ['post_key'],
    'mart_content_hour': ['account_key', 'weekday', 'hour'],
    'mart_interactions': ['account_key', 'stat_date'],
    'mart_conversions': ['account_key', 'stat_date'],
    'mart_attribution': ['account_key', 'paid_on', 'attribution_method', 'attributed_account_key'],
    'mart_content_mix': ['account_key', 'week_on', 'dimension', 'item'],
    'mart_kol': ['contract_key', 'window_days'],
    'fct_mention_day': ['channel', 'brand_key', 'stat_date'],
    'mart_mention_spike': ['channel', 'brand_key', 'stat_date'],
    'source_day': ['platform', 'stream', 'account_key', 'stat_date'],
    'freshness': ['platform', 'stream', 'account_key'],
} -%}

{% set built_by_days = {
    'fct_account_day': 'account_day',
    'fct_post_day': 'post_day',
    'fct_interaction_day': 'interaction_day',
    'fct_metric_day': 'metric_day',
    'mart_users': 'metric_day',
    'mart_interactions': 'metric_day',
    'mart_conversions': 'metric_day',
    'source_day': 'source_day',
} -%}

{% set later = {'fct_metric_day': days_known_later('metric_day', 'int_metric_later')} -%}

{% for table, columns in keys.items() %}
(
    select
        '{{ table }}' as table_name,
        count(*) as duplicates
    from {{ ref(table) }}
    {%- if table in built_by_days %}
    where {{ is_changed_day('stat_date', built_by_days[table], later.get(table, [])) }}
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1
)
{{ 'union all' if not loop.last }}
{% endfor %}
