"""Checks of our own on raw rows, as SQL that returns the offending slices.

In a query {batch} holds the rows to judge; {slices} one line per slice to judge: its manifest's
rows, how many were quarantined, is_first and age_days, and of the days before known_days (how
many), usual_rows (their median) and quietest_rows; {recent} the rows of the newest slice per
account and day, judged ones included, of the judged days and USUAL_DAYS before. Every query
returns _batch_id, account_key and dt, so that a bad slice fails alone.
"""

from collections.abc import Callable, Mapping, Sequence

SLICE = "_batch_id, account_key, dt"
COUNTED = f"""
select {SLICE}, any_value(s.rows) as landed, any_value(s.usual_rows) as usual,
    any_value(s.quietest_rows) as quietest, count(b.there) as seen
from {{slices}} as s
left join (select {SLICE}, 1 as there from {{batch}}) as b using ({SLICE})
"""
USUAL_DAYS = 7


def all_there() -> str:
    """Find slices whose files hold another number of rows than their manifest says."""
    return f"{COUNTED} group by {SLICE} having count(b.there) <> any_value(s.rows)"


def understood(max_share: float) -> str:
    """Find slices of whose rows more than a share went to quarantine."""
    return (
        f"select {SLICE}, quarantined, rows from {{slices}} "
        f"where quarantined > {float(max_share)} * (quarantined + rows)"
    )


def unique_key(columns: Sequence[str]) -> str:
    """Find keys that stand twice within a slice."""
    listed = ", ".join(f'"{column}"' for column in columns)
    return (
        f"select {SLICE}, {listed}, count(*) as times from {{batch}} "
        f"group by {SLICE}, {listed} having count(*) > 1"
    )


def of_their_day(column: str) -> str:
    """Find rows that are filed under another day than their own."""
    return f'select {SLICE}, "{column}" from {{batch}} where "{column}" <> dt'


def usual_rows(
    min_share: float,
    min_usual: int,
    against: str = "usual",
    min_days: int = 4,
    fresh_days: int | None = None,
) -> str:
    """Find slices with less than a share of the rows of the days before.

    against is `usual` (their median) or `quietest`, for streams that come in waves. fresh_days is
    for streams filed by update time: read late or again a day of them is smaller by nature, so only
    first readings of that age are judged.
    """
    if against not in ("usual", "quietest"):
        raise TypeError(f"against {against!r}; use usual or quietest")
    fresh = "" if fresh_days is None else f" and is_first and age_days <= {int(fresh_days)}"
    return (
        f"{COUNTED} where s.known_days >= {int(min_days)} and s.usual_rows >= {int(min_usual)}"
        f"{fresh} group by {SLICE} "
        f"having count(b.there) < {float(min_share)} * any_value(s.{against}_rows)"
    )


def usual_values(column: str, min_share: float, min_days: int = 4) -> str:
    """Find days whose figure is below a share of the mean of the seven days before.

    Below that share of their median too: one day that went viral must not refuse the week after.
    """
    return (
        f'with known as (select account_key, dt, max("{column}") as figure from {{recent}} '
        f'where "{column}" is not null group by account_key, dt) '
        f'select b._batch_id, b.account_key, b.dt, b."{column}" as seen, '
        "round(avg(k.figure), 1) as usual from {batch} as b join known as k "
        f"on k.account_key = b.account_key and k.dt between b.dt - {USUAL_DAYS} and b.dt - 1 "
        f'group by b._batch_id, b.account_key, b.dt, b."{column}" '
        f"having count(*) >= {int(min_days)} "
        f'and b."{column}" < {float(min_share)} * least(avg(k.figure), median(k.figure))'
    )


def steady_stock(column: str, max_change: float) -> str:
    """Find days whose running total moved by more than a share since the day before."""
    return (
        f'select b._batch_id, b.account_key, b.dt, b."{column}" as seen, '
        f'max(r."{column}") as before from {{batch}} as b join {{recent}} as r '
        "on r.account_key = b.account_key and r.dt = b.dt - 1 "
        f'group by b._batch_id, b.account_key, b.dt, b."{column}" '
        f'having abs(b."{column}" - max(r."{column}")) > {float(max_change)} * max(r."{column}")'
    )


SLICE_CHECKS: Mapping[str, Callable[..., str]] = {
    "expect_slice_rows_to_be_all_there": all_there,
    "expect_slice_rows_to_be_understood": understood,
    "expect_slice_key_to_be_unique": unique_key,
    "expect_slice_rows_to_be_of_their_day": of_their_day,
    "expect_slice_rows_to_be_usual": usual_rows,
    "expect_slice_values_to_be_usual": usual_values,
    "expect_slice_stock_to_be_steady": steady_stock,
}
