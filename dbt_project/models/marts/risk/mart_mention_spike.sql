-- a channel's day against the 14 days before it: a spike needs all four conditions
with days as (
    select
        channel,
        brand_key,
        stat_date,
        mentions,
        negative,
        positive + neutral + negative as classified
    from {{ ref('fct_mention_day') }}
),

baseline_days as (
    select
        today.channel,
        today.brand_key,
        today.stat_date,
        before.negative,
        before.classified
    from days as today
    inner join days as before
        on
            today.channel = before.channel
            and today.brand_key = before.brand_key
            and today.stat_date > before.stat_date
            and {{ add_days('today.stat_date', -14) }} <= before.stat_date
    where before.classified is not null
),

medians as (
    select
        channel,
        brand_key,
        stat_date,
        count(*) as baseline_days,
        {{ percentile('negative', 0.5) }} as median_negative,
        cast(sum(negative) as double) / nullif(cast(sum(classified) as double), 0) as baseline_share
    from baseline_days
    group by channel, brand_key, stat_date
),

deviations as (
    select
        baseline_days.channel,
        baseline_days.brand_key,
        baseline_days.stat_date,
        {{ percentile('abs(baseline_days.negative - medians.median_negative)', 0.5) }} as mad_negative
    from baseline_days
    inner join medians
        on
            baseline_days.channel = medians.channel
            and baseline_days.brand_key = medians.brand_key
            and baseline_days.stat_date = medians.stat_date
    group by baseline_days.channel, baseline_days.brand_key, baseline_days.stat_date
),

scored as (
    select
        days.channel,
        days.brand_key,
        days.stat_date,
        days.negative,
        days.classified,
        medians.baseline_days,
        medians.median_negative,
        deviations.mad_negative,
        medians.baseline_share,
        0.6745 * (days.negative - medians.median_negative)
        / greatest(deviations.mad_negative, 1) as robust_z,
        {{ wilson_low('days.negative', 'days.classified') }} as negative_share_low
    from days
    inner join medians
        on
            days.channel = medians.channel
            and days.brand_key = medians.brand_key
            and days.stat_date = medians.stat_date
    inner join deviations
        on
            days.channel = deviations.channel
            and days.brand_key = deviations.brand_key
            and days.stat_date = deviations.stat_date
)

select
    channel,
    brand_key,
    stat_date,
    cast(negative as bigint) as negative,
    cast(classified as bigint) as classified,
    cast(baseline_days as bigint) as baseline_days,
    median_negative,
    mad_negative,
    baseline_share,
    cast(robust_z as double) as robust_z,
    negative_share_low,
    coalesce(
        robust_z >= 3.5
        and negative_share_low > 2 * baseline_share
        and classified >= 30
        and negative >= 10
        and baseline_days >= 7,
        false
    ) as is_spike
from scored
