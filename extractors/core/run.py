"""Run the streams of a platform for accounts over days; one failing account stops no other."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from extractors.core.asking import asked_days, asked_window, check_backfill
from extractors.core.auth import TokenStore
from extractors.core.credentials import credential_for
from extractors.core.errors import (
    ApiChanged,
    AuthError,
    ExtractError,
    NotReady,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from extractors.core.http import ApiClient
from extractors.core.intake import AccountRead, Landed, land
from extractors.core.lake import Lake, SliceRecord
from extractors.core.landing import Landing, expire_landing
from extractors.core.lane import Lane
from extractors.core.limits import RateLimit
from extractors.core.model import Account, Credential, DayOutcome, Platform, Row, Stream, Window
from tidemark.clock import business_date
from tidemark.settings import Settings

logger = logging.getLogger(__name__)

#: what a person, and the scheduler's retry policy, should hear first when several slices failed
GRAVITY: tuple[type[ExtractError], ...] = (
    ApiChanged,
    AuthError,
    QuotaExhausted,
    RateLimited,
    Transient,
    ExtractError,
    NotReady,
)
NAMED_AT_MOST = 10

Progress = Callable[[str], None]


@dataclass
class RunReport:
    """Everything a run of one platform brought."""

    platform: str
    landed: list[Landed] = field(default_factory=list)

    def slices(self) -> list[tuple[str, SliceRecord]]:
        """Return every slice of the run with its stream's name."""
        return [(landed.stream, record) for landed in self.landed for record in landed.slices]

    def failed(self) -> list[str]:
        """Return the failed slices as `stream account day`."""
        return [
            f"{stream} {record.account_key} {record.dt}"
            for stream, record in self.slices()
            if record.status == "failed"
        ]

    def error(self) -> ExtractError | None:
        """Return the gravest error, naming all failed slices; None when everything went well."""
        errors = [error for landed in self.landed for error in landed.errors]
        if not errors:
            return None
        worst = min(errors, key=_gravity)
        failed = self.failed()
        if len(failed) < 2:
            return worst
        more = f" and {len(failed) - NAMED_AT_MOST} more" if len(failed) > NAMED_AT_MOST else ""
        return type(worst)(
            f"{worst}\n{len(failed)} slices failed: {', '.join(failed[:NAMED_AT_MOST])}{more}"
        )

    def counts(self) -> dict[str, int]:
        """Return the number of slices by status, and of rows."""
        found: dict[str, int] = {"rows": sum(landed.rows for landed in self.landed)}
        for _, record in self.slices():
            found[record.status] = found.get(record.status, 0) + 1
        return found


def extract(
    platform: Platform,
    accounts: Sequence[Account],
    window: Window,
    *,
    lake: Lake,
    settings: Settings,
    streams: Sequence[str] | None = None,
    lookback: bool = True,
    credentials: Callable[[Account], Credential] = credential_for,
    on_progress: Progress = lambda _text: None,
) -> RunReport:
    """Read the window of every stream (or the named ones) for every account into the lake.

    Failures of an account or stream end in its slices and in the report; they stop nobody else.
    """
    for name in streams or ():
        check_backfill(platform.name, _named(platform, name), window, settings.clock())
    clients = _Clients(platform, lake, settings, credentials)
    report = RunReport(platform.name)
    for stream in platform.streams:
        if stream.read is None or (streams and stream.name not in streams):
            continue
        asked = asked_window(stream, window) if lookback else window
        now = settings.clock()
        reads = [_read(stream, a, asked, clients, now, on_progress) for a in accounts]
        report.landed.append(land(platform, stream, reads, lake=lake, settings=settings))
    clients.close()
    expire_landing(lake, settings.clock())
    return report


def _named(platform: Platform, name: str) -> Stream:
    known = [stream.name for stream in platform.streams]
    if name not in known:
        raise ExtractError(f"{platform.name}: unknown stream {name!r}; there are {known}")
    return platform.stream(name)


class _Clients:
    """One client per account; accounts of one credential share its rate, token and quota."""

    def __init__(
        self,
        platform: Platform,
        lake: Lake,
        settings: Settings,
        credentials: Callable[[Account], Credential],
    ) -> None:
        self._platform = platform
        self._settings = settings
        self._credentials = credentials
        self._landing = Landing(lake, platform.name, business_date(settings.clock()))
        self._made: dict[str, ApiClient] = {}
        self._lanes: dict[str, Lane] = {}
        self._lock = threading.Lock()  # accounts are read at once

    def of(self, account: Account) -> Any:
        """Return what an account is read through; AuthError when its credential is missing."""
        if self._platform.connect is not None:
            now = self._settings.clock()
            return self._platform.connect(account, self._credentials(account), now)
        with self._lock:
            if account.key not in self._made:
                credential = self._credentials(account)
                self._made[account.key] = ApiClient(
                    self._platform,
                    account,
                    credential,
                    self._lane(account, credential),
                    self._settings.clock,
                    landing=self._landing,
                )
            return self._made[account.key]

    def close(self) -> None:
        """Close all connections."""
        for client in self._made.values():
            client.close()

    def _lane(self, account: Account, credential: Credential) -> Lane:
        if credential.connection_id not in self._lanes:
            settings, platform = self._settings, self._platform
            rate = float(account.options.get("calls_per_second", platform.calls_per_second))
            tokens = TokenStore(platform, credential, settings.tokens_dir, settings.clock)
            self._lanes[credential.connection_id] = Lane(RateLimit(rate), tokens)
        return self._lanes[credential.connection_id]


def _read(
    stream: Stream,
    account: Account,
    window: Window,
    clients: _Clients,
    now: datetime,
    on_progress: Progress,
) -> AccountRead:
    windows, refused = asked_days(stream, account, window, now)

    def rows(asked: Window) -> Iterator[Row | DayOutcome]:
        assert stream.read is not None
        on_progress(f"{stream.name} {account.key} {asked.since} to {asked.until}")
        yield from stream.read(clients.of(account), account, asked)

    return AccountRead(account, tuple((asked, rows(asked)) for asked in windows), refused)


def _gravity(error: ExtractError) -> int:
    return next(n for n, kind in enumerate(GRAVITY) if isinstance(error, kind))
