-- Shares of an order line sum to 1: exactly one candidate wins.
select
    lines.line_key,
    count(winners.line_key) as winners
from {{ ref('fct_order_line') }} as lines
left join {{ ref('fct_attribution_candidate') }} as winners
    on
        lines.line_key = winners.line_key
        and winners.is_winner
group by lines.line_key
having count(winners.line_key) <> 1
