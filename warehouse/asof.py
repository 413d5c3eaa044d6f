"""The as-of day of a release (R1): the newest day that is complete or past its deadline."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from extractors.core.lake import SliceKey, WinningSlice
from extractors.core.model import Account, Platform, Stream
from tidemark.clock import SHANGHAI, business_date
from warehouse.site import Site


@dataclass(frozen=True)
class Gap:
    """A required slice that is not there."""

    key: SliceKey
    deadline: datetime

    def __str__(self) -> str:
        key, until = self.key, self.deadline.astimezone(SHANGHAI)
        return f"{key.platform}/{key.stream} {key.account_key} {key.dt} until {until:%H:%M}"


@dataclass(frozen=True)
class Due:
    """The as-of day that is due now, what a newer one waits for, and what came too late."""

    as_of: date | None
    waiting: tuple[Gap, ...] = ()
    late: tuple[Gap, ...] = ()


def due_day(
    site: Site,
    complete: Collection[SliceKey],
    floor: date | None,
    attempted: Collection[SliceKey] | None = None,
) -> Due:
    """Return the due as-of day, never before `floor` (that of the published release).

    Where `attempted` is given, yesterday is also waited for until every other stream of an API
    has been read or has failed: a release in the middle of a reading would be followed by another.
    A first release waits for yesterday: what lands first must not be published alone. After that,
    every day before yesterday is past its deadlines, so only yesterday can be waited for.
    """
    now = site.settings.clock()
    yesterday = business_date(now) - timedelta(days=1)
    gaps = gaps_on(site, yesterday, complete)
    unread = gaps if attempted is None else gaps_on(site, yesterday, complete, attempted)
    waiting = tuple(gap for gap in unread if now < gap.deadline)
    if not waiting or (floor is not None and floor >= yesterday):
        as_of = max(yesterday, floor or yesterday)
        return Due(as_of, (), gaps if as_of == yesterday else gaps_on(site, as_of, complete))
    if floor is None:
        return Due(None, waiting)
    as_of = max(floor, yesterday - timedelta(days=1))
    return Due(as_of, waiting, gaps_on(site, as_of, complete))


def gaps_on(
    site: Site,
    day: date,
    complete: Collection[SliceKey],
    attempted: Collection[SliceKey] | None = None,
) -> tuple[Gap, ...]:
    """Return the required slices of a day that have no current reading.

    Where `attempted` is given, also the other slices of APIs that nobody has tried to read.
    """
    keys = (
        (SliceKey(platform.name, stream.name, account.key, day), stream)
        for platform, stream in site.streams
        if stream.is_required or (attempted is not None and stream.read is not None)
        for account in site.own_accounts
        if account.platform == platform.name and is_active(account, day)
    )
    return tuple(
        Gap(key, deadline(stream, day))
        for key, stream in keys
        if key not in (complete if stream.is_required else attempted or ())
    )


def deadline(stream: Stream, day: date) -> datetime:
    """Return the moment from which a day of a stream is late."""
    return datetime.combine(day + timedelta(days=1), stream.deadline_at, SHANGHAI)


def is_active(account: Account, day: date) -> bool:
    """Tell whether an account is operated on a day."""
    is_begun = account.active_from is None or account.active_from <= day
    return is_begun and (account.active_to is None or day <= account.active_to)


def account_starts(site: Site, slices: Iterable[WinningSlice]) -> dict[str, date]:
    """Map each own account with a beginning to its first day: configured, or first landed."""
    landed: dict[str, date] = {}
    for winner in slices:
        key = winner.key
        landed[key.account_key] = min(landed.get(key.account_key, key.dt), key.dt)
    starts = {a.key: a.active_from or landed.get(a.key) for a in site.own_accounts}
    return {key: day for key, day in starts.items() if day is not None}


def feeds(platform: Platform, stream: Stream, account: Account, landed: Collection[str]) -> bool:
    """Tell whether a stream is expected of an account.

    A file stream is expected once a first file has come: nobody has to fill in every template.
    """
    if stream.read is None:
        return account.key in landed
    return account.platform == platform.name
