with bounds as (
    select
        least({{ first_date() }}, coalesce(min(starts_on), {{ first_date() }})) as since,
        greatest({{ add_days(as_of_date(), 366) }}, coalesce(max(ends_on), {{ as_of_date() }})) as until
    from {{ source('config', 'campaign') }}
),

dates as (
    {{ date_spine_between("date '2000-01-01'", "date '2099-12-31'") }}
)

select
    dates.date,
    {{ iso_week('dates.date') }} as iso_week,
    {{ iso_weekday('dates.date') }} as weekday,
    {{ year_month('dates.date') }} as month,
    {{ iso_weekday('dates.date') }} <= 5 as is_workday,
    cast(null as string) as festival  -- no calendar of festivals is connected
from dates
inner join bounds
    on
        dates.date >= bounds.since
        and dates.date <= bounds.until
