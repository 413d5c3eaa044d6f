"""The table lake.source_day: how every expected slice up to the as-of day has ended."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.asking import saw_the_end
from extractors.core.lake import SliceKey, WinningSlice
from extractors.core.model import Account, Platform, Stream
from tidemark.clock import SHANGHAI
from warehouse.asof import account_starts, deadline, feeds, is_active
from warehouse.site import Site
from warehouse.slices import LakeState, in_time, moment

UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
ENDED = frozenset({"ok", "empty", "not_offered"})

SOURCE_DAY = pa.schema(
    [
        ("platform", pa.string()),
        ("stream", pa.string()),
        ("account_key", pa.string()),
        ("stat_date", pa.date32()),
        ("status", pa.string()),
        ("rows", pa.int64()),
        ("landed_at", UTC_MICROSECONDS),
        ("batch_id", pa.string()),
        ("error", pa.string()),
        ("is_required", pa.bool_()),
        ("is_late", pa.bool_()),
        ("deadline_at", UTC_MICROSECONDS),
    ]
)


def source_day_table(site: Site, state: LakeState, as_of: date) -> pa.Table:
    """Return one row per expected (stream, account, day) up to the as-of day."""
    return pa.Table.from_pylist(list(_rows(site, state, as_of)), schema=SOURCE_DAY)


def _rows(site: Site, state: LakeState, as_of: date) -> Iterator[dict[str, Any]]:
    starts = account_starts(site, state.slices(as_of))
    now = site.settings.clock()
    for platform, stream in site.streams:
        winners = _newest_per_key(state.current[platform.name, stream.name], as_of)
        landed = {key.account_key for key in winners}
        for account in site.own_accounts:
            if account.key in starts and feeds(platform, stream, account, landed):
                days = _days(account, starts[account.key], as_of)
                for key in _keys(platform, stream, account, days):
                    yield _row(stream, key, winners.get(key), state, now)


def _days(account: Account, first: date, as_of: date) -> Iterator[date]:
    span = range((as_of - first).days + 1)
    return (day for n in span if is_active(account, day := first + timedelta(days=n)))


def _keys(
    platform: Platform, stream: Stream, account: Account, days: Iterator[date]
) -> Iterator[SliceKey]:
    return (SliceKey(platform.name, stream.name, account.key, day) for day in days)


def _newest_per_key(slices: list[WinningSlice], as_of: date) -> dict[SliceKey, WinningSlice]:
    """Map each key to its newest slice, one with rows before one without."""
    found: dict[SliceKey, WinningSlice] = {}
    for winner in slices:
        before = found.get(winner.key)
        if in_time(winner, as_of) and (before is None or winner.rows or not before.rows):
            found[winner.key] = winner
    return found


def _row(
    stream: Stream, key: SliceKey, winner: WinningSlice | None, state: LakeState, now: datetime
) -> dict[str, Any]:
    ended = winner or state.attempts.get(key)
    status = ended.status if ended else "missing"
    error = None if winner or not ended else getattr(ended, "error", None)
    if winner and not saw_the_end(stream, key.dt, moment(winner.captured_at)):
        # what it brought counts; that nothing else was cannot be said
        seen_at = moment(winner.captured_at).astimezone(SHANGHAI)
        status, error = "missing", f"captured until {seen_at:%H:%M} only"
    late_from = deadline(stream, key.dt)
    return {
        "platform": key.platform,
        "stream": key.stream,
        "account_key": key.account_key,
        "stat_date": key.dt,
        "status": status,
        "rows": ended.rows if ended else 0,
        "landed_at": moment(ended.committed_at) if ended else None,
        "batch_id": ended.batch_id if ended else None,
        "error": error,
        "is_required": stream.is_required,
        "is_late": status not in ENDED and now >= late_from,
        "deadline_at": late_from,
    }
