"""The as-of day of a release (R1): the newest day that is complete or past its deadline."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from extractors.core.lake import SliceKey
from extractors.core.model import Account, Platform, Stream
from tidemark.clock import SHANGHAI, business_date
from warehouse.site import Site
from warehouse.slices import Attempt, LakeState, Source


@dataclass(frozen=True)
class Gap:
    """A required slice that is not there: since when its source is silent, and why."""

    key: SliceKey
    deadline: datetime
    last_complete: date | None = None  # the newest day before it that was read
    attempt: Attempt | None = None

    def waiting(self) -> str:
        """Say what is waited for, until when, and how the last try ended."""
        return f"{self._source()} {self.key.dt} until {_clock(self.deadline)}{self._why()}"

    def late(self) -> str:
        """Say what is missing, since when, and how the last try ended."""
        last = self.last_complete
        # the deadline of the first silent day keeps its hour: deadlines are a stream's own
        silent_days = (self.key.dt - last).days - 1 if last else 0
        since = _moment(self.deadline - timedelta(days=silent_days))
        known = f"data until {last}" if last else "never read before"
        return f"{self._source()} {self.key.dt}: late since {since}, {known}{self._why()}"

    def _source(self) -> str:
        return f"{self.key.platform}/{self.key.stream} {self.key.account_key}"

    def _why(self) -> str:
        if self.attempt is None:
            return ", not tried yet"
        error = f": {self.attempt.error}" if self.attempt.error else ""
        return f", {self.attempt.status}{error}"


@dataclass(frozen=True)
class Due:
    """The as-of day that is due now, what a newer one waits for, and what came too late."""

    as_of: date | None
    waiting: tuple[Gap, ...] = ()
    late: tuple[Gap, ...] = ()


def due_day(site: Site, state: LakeState, floor: date | None) -> Due:
    """Return the due as-of day, never before `floor` (that of the published release).

    Yesterday is also waited for until every other stream of an API has been read or has failed: a
    release in the middle of a reading would be followed by another.
    A first release waits for yesterday: what lands first must not be published alone. After that,
    every day before yesterday is past its deadlines, so only yesterday can be waited for.
    """
    now = site.settings.clock()
    yesterday = business_date(now) - timedelta(days=1)
    gaps = gaps_on(site, yesterday, state)
    unread = unread_on(site, yesterday, state)
    waiting = tuple(gap for gap in (*gaps, *unread) if now < gap.deadline)
    if not waiting or (floor is not None and floor >= yesterday):
        as_of = max(yesterday, floor or yesterday)
        missing = gaps if as_of == yesterday else gaps_on(site, as_of, state)
        # an account that has just begun is not late before its first deadline
        return Due(as_of, (), tuple(gap for gap in missing if now >= gap.deadline))
    if floor is None:
        return Due(None, waiting)
    as_of = max(floor, yesterday - timedelta(days=1))
    return Due(as_of, waiting, gaps_on(site, as_of, state))


def gaps_on(site: Site, day: date, state: LakeState) -> tuple[Gap, ...]:
    """Return the required slices of a day that have no current reading."""
    complete = state.complete(day)
    missing = [
        (key, stream)
        for key, stream in _expected(site, day)
        if stream.is_required and key not in complete
    ]
    if not missing:
        return ()
    attempts, last = state.attempts(day), state.last_complete(day)
    return tuple(
        Gap(
            key,
            deadline(stream, day),
            last.get((key.platform, key.stream, key.account_key)),
            attempts.get(key),
        )
        for key, stream in missing
    )


def unread_on(site: Site, day: date, state: LakeState) -> tuple[Gap, ...]:
    """Return the slices of APIs that nothing requires and nobody has tried to read yet.

    What landed after the gate belongs to them: its own gate follows, and then it counts.
    """
    complete, attempts = state.complete(day), state.attempts(day)
    return tuple(
        Gap(key, deadline(stream, day), attempt=attempts.get(key))
        for key, stream in _expected(site, day)
        if stream.read is not None
        and not stream.is_required
        and key not in complete
        and (key not in attempts or not attempts[key].is_judged)
    )


def _expected(site: Site, day: date) -> Iterator[tuple[SliceKey, Stream]]:
    for platform, stream in site.streams:
        for account in site.own_accounts:
            if account.on(platform.name) is not None and is_active(account, day):
                yield SliceKey(platform.name, stream.name, account.key, day), stream


def deadline(stream: Stream, day: date) -> datetime:
    """Return the moment from which a day of a stream is late."""
    return datetime.combine(day + timedelta(days=1), stream.deadline_at, SHANGHAI)


def is_active(account: Account, day: date) -> bool:
    """Tell whether an account is operated on a day."""
    is_begun = account.active_from is None or account.active_from <= day
    return is_begun and (account.active_to is None or day <= account.active_to)


def account_starts(site: Site, landed: Mapping[Source, date]) -> dict[str, date]:
    """Map each own account with a beginning to its first day: configured, or first landed."""
    first: dict[str, date] = {}
    for (*_, account_key), day in landed.items():
        first[account_key] = min(day, first.get(account_key, day))
    starts = {a.key: a.active_from or first.get(a.key) for a in site.own_accounts}
    return {key: day for key, day in starts.items() if day is not None}


def feeds(platform: Platform, stream: Stream, account: Account, landed: Collection[str]) -> bool:
    """Tell whether a stream is expected of an account.

    A file stream is expected once a first file has come: nobody has to fill in every template.
    """
    if stream.read is None:
        return account.key in landed
    return account.on(platform.name) is not None


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
