select
    metric,
    name_zh,
    name_en,
    unit,
    aggregation,
    direction,
    numerator,
    denominator,
    is_monotone,
    min_denominator,
    restate_days,
    additive_over,
    definition
from {{ source('config', 'metric') }}
