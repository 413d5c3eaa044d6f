"""What may be asked: which days of a stream, in which windows, and why not the others."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from extractors.core.errors import NotOffered
from extractors.core.model import Account, DayOutcome, Stream, Window
from tidemark.clock import SHANGHAI, business_date

LAST_HOUR = timedelta(hours=1)


def asked_window(stream: Stream, window: Window) -> Window:
    """Return the window together with the days before it that may still change."""
    return Window(window.since - timedelta(days=stream.lookback_days), window.until)


def asked_days(
    stream: Stream, account: Account, window: Window, now: datetime
) -> tuple[tuple[Window, ...], tuple[DayOutcome, ...]]:
    """Return the windows to read, and the outcome of the days for which nothing is asked."""
    days = [day for day in window.days() if _is_active(account, day)]
    if stream.day is None and not stream.is_snapshot:
        days = days[-1:]  # a listing is as of now: it is filed under the last day
    refused = tuple(o for day in days if (o := refusal(stream, day, now)) is not None)
    closed = {outcome.day for outcome in refused}
    open_days = [day for day in days if day not in closed]
    return tuple(_windows(open_days, stream.max_window_days)), refused


def refusal(stream: Stream, day: date, now: datetime) -> DayOutcome | None:
    """Return why a day is not asked for at all, or None."""
    if stream.is_snapshot:
        return _snapshot_refusal(stream, day, now)
    ready_at = moment_after(day, stream.ready_at)
    if now < ready_at:
        return DayOutcome(day, "not_ready", f"ready at {ready_at:%Y-%m-%d %H:%M}")
    if stream.reach_days and day < business_date(now) - timedelta(days=stream.reach_days):
        reach = f"the platform keeps no more than {stream.reach_days} days"
        return DayOutcome(day, "not_offered", reach)
    return None


def check_backfill(platform: str, stream: Stream, window: Window, now: datetime) -> None:
    """Raise NotOffered when somebody asks by name for a snapshot of days that have passed."""
    if not stream.is_snapshot:
        return
    gone = [day for day in window.days() if now > _snapshot_until(stream, day)]
    if gone:
        raise NotOffered(
            f"{platform}/{stream.name}: a snapshot reads now and cannot be read for {gone[0]}: its "
            f"time ended on {_snapshot_until(stream, gone[0]):%Y-%m-%d %H:%M} (Asia/Shanghai). "
            "Leave the stream or the day out; what was not read then stays missing"
        )


def moment_after(day: date, at: time_of_day) -> datetime:
    """Return the moment on the day after, Asia/Shanghai."""
    return datetime.combine(day + timedelta(days=1), at, SHANGHAI)


def saw_the_end(stream: Stream, day: date, captured_at: datetime) -> bool:
    """Tell whether a capture saw the last hour of its day; other readings are of whole days."""
    end = moment_after(day, time_of_day(0))
    return stream.every_minutes is None or captured_at >= end - LAST_HOUR


def _snapshot_refusal(stream: Stream, day: date, now: datetime) -> DayOutcome | None:
    if now > _snapshot_until(stream, day):
        return DayOutcome(day, "missing", "a snapshot reads now; its time has passed")
    # what runs is captured from the day's first minute on, a stock shortly before its end
    opens_before = timedelta(days=1) if stream.every_minutes else LAST_HOUR
    if now < moment_after(day, time_of_day(0)) - opens_before:
        return DayOutcome(day, "not_ready", "the day is not over")
    return None


def _snapshot_until(stream: Stream, day: date) -> datetime:
    return moment_after(day, time_of_day(0)) + timedelta(hours=stream.snapshot_tolerance_hours)


def _is_active(account: Account, day: date) -> bool:
    is_begun = account.active_from is None or day >= account.active_from
    return is_begun and (account.active_to is None or day <= account.active_to)


def _windows(days: Sequence[date], at_most: int | None) -> list[Window]:
    """Join consecutive days into windows of at most so many days."""
    found: list[Window] = []
    for day in days:
        last = found[-1] if found else None
        is_next = last is not None and day == last.until + timedelta(days=1)
        if last is not None and is_next and (at_most is None or len(last.days()) < at_most):
            found[-1] = Window(last.since, day)
        else:
            found.append(Window(day, day))
    return found
