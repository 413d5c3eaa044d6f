{% set windows = [1, 3, 7, 14] -%}

-- per contract and window of days from publication: what was sold through the other account, and
-- what came back, until the window closed
with contracts as (
    {%- for days in windows %}
    select
        {{ days }} as window_days,
        contract_key,
        account_key,
        kol_account,
        campaign_key,
        published_on,
        post_impressions,
        post_plays,
        post_engagements,
        post_new_followers,
        {{ add_days('published_on', days - 1) }} as closed_on,
        cost_cny
    from {{ ref('int_kol_contract') }}
    where published_on is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- two contracts of one account may overlap: a sale belongs to the one that published last
sold as (
    select
        contracts.contract_key,
        contracts.window_days,
        contracts.closed_on,
        lines.line_key,
        lines.order_key,
        lines.paid_cny,
        row_number() over (
            partition by lines.line_key, contracts.window_days
            order by contracts.published_on desc, contracts.contract_key
        ) as place
    from contracts
    inner join {{ ref('fct_order_line') }} as lines
        on
            contracts.kol_account = lines.attributed_account_key
            and lines.paid_on between contracts.published_on and contracts.closed_on
),

returned as (
    select
        sold.contract_key,
        sold.window_days,
        cast(sum(refunds.refund_cny) as decimal(18, 2)) as refunded_cny
    from sold
    inner join {{ ref('int_refund_line') }} as refunds
        on
            sold.line_key = refunds.line_key
            and sold.closed_on >= refunds.refunded_on
    where sold.place = 1
    group by sold.contract_key, sold.window_days
),

sums as (
    select
        contract_key,
        window_days,
        cast(count(distinct order_key) as bigint) as orders,
        cast(sum(paid_cny) as decimal(18, 2)) as paid_cny
    from sold
    where place = 1
    group by contract_key, window_days
)

select
    contracts.contract_key,
    cast(contracts.window_days as bigint) as window_days,
    accounts.brand_key,
    contracts.account_key as paying_account_key,
    contracts.kol_account as account_key,
    contracts.campaign_key,
    contracts.published_on,
    contracts.closed_on,
    contracts.cost_cny,
    contracts.post_impressions,
    contracts.post_plays,
    contracts.post_engagements,
    contracts.post_new_followers,
    coalesce(sums.orders, 0) as orders,
    coalesce(sums.paid_cny, cast(0 as decimal(18, 2))) as paid_cny,
    coalesce(returned.refunded_cny, cast(0 as decimal(18, 2))) as refunded_cny,
    {{ safe_divide('coalesce(sums.paid_cny, 0)', 'contracts.cost_cny') }} as roas,
    {{ safe_divide('coalesce(sums.paid_cny, 0) - coalesce(returned.refunded_cny, 0)', 'contracts.cost_cny') }} as roas_net,
    contracts.closed_on <= {{ as_of_date() }} as is_final
from contracts
inner join {{ source('config', 'account') }} as accounts
    on contracts.account_key = accounts.account_key
left join sums
    on
        contracts.contract_key = sums.contract_key
        and contracts.window_days = sums.window_days
left join returned
    on
        contracts.contract_key = returned.contract_key
        and contracts.window_days = returned.window_days
