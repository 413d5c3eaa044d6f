"""Run streams for accounts over days: what may be asked, what came, and how each slice ended."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from extractors.core.auth import TokenStore
from extractors.core.batch import Batch
from extractors.core.credentials import credential_for
from extractors.core.errors import (
    ApiChanged,
    AuthError,
    ExtractError,
    NotOffered,
    NotReady,
    QuotaExhausted,
    Transient,
)
from extractors.core.http import ApiClient
from extractors.core.lake import Lake, SliceRecord, WinningSlice
from extractors.core.landing import Landing
from extractors.core.limits import RateLimit
from extractors.core.model import (
    Account,
    Credential,
    DayOutcome,
    Platform,
    Row,
    SliceStatus,
    Stream,
    Window,
)
from extractors.core.personal import personal_hash
from extractors.core.redact import redact
from extractors.core.rows import Normaliser, RowRefused
from tidemark.clock import SHANGHAI, business_date
from tidemark.settings import Settings

logger = logging.getLogger(__name__)

#: what a person should hear first when several slices failed
GRAVITY: tuple[type[ExtractError], ...] = (
    ApiChanged,
    AuthError,
    QuotaExhausted,
    NotReady,
    Transient,
)
HALF = 0.5

Progress = Callable[[str], None]


@dataclass(frozen=True)
class AccountRead:
    """What is to be landed of one account: the days it covers and its rows as they come.

    The rows are read once. version is the source version of all rows when the stream does not
    say one per row (a sheet's export time); None means the moment of capture.
    """

    account: Account
    windows: tuple[tuple[Window, Iterable[Row | DayOutcome]], ...]
    refused: tuple[DayOutcome, ...] = ()  # days for which nothing is asked, and why
    version: datetime | None = None


@dataclass
class Landed:
    """How one stream's batch ended."""

    stream: str
    batch_id: str
    slices: list[SliceRecord] = field(default_factory=list)
    errors: list[ExtractError] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    quarantined: int = 0
    duplicates: int = 0

    @property
    def rows(self) -> int:
        """Rows written into slices that were read to their end."""
        return sum(record.rows for record in self.slices)


@dataclass
class RunReport:
    """Everything a run of one platform brought."""

    platform: str
    landed: list[Landed] = field(default_factory=list)

    def error(self) -> ExtractError | None:
        """Return the gravest error of the run, if any account or stream failed."""
        errors = [error for landed in self.landed for error in landed.errors]
        for kind in GRAVITY:
            for error in errors:
                if isinstance(error, kind):
                    return error
        return errors[0] if errors else None

    def counts(self) -> dict[str, int]:
        """Return the number of slices by status, and of rows."""
        found: dict[str, int] = {"rows": sum(landed.rows for landed in self.landed)}
        for landed in self.landed:
            for record in landed.slices:
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
    clients = _clients(platform, lake, settings, credentials)
    report = RunReport(platform.name)
    for stream in platform.streams:
        if stream.read is None or (streams and stream.name not in streams):
            continue
        asked = _asked(stream, window) if lookback else window
        reads = [_read(stream, account, asked, clients, settings) for account in accounts]
        on_progress(stream.name)
        report.landed.append(land(platform, stream, reads, lake=lake, settings=settings))
    return report


def land(
    platform: Platform,
    stream: Stream,
    reads: Sequence[AccountRead],
    *,
    lake: Lake,
    settings: Settings,
    batch_id: str = "",
) -> Landed:
    """Coerce, quarantine, write and commit what was read, as one batch.

    Every day of every read's windows gets a slice record (only the last day of a window for a
    stream without days of its own). A batch id is given when an interrupted batch is redone.
    """
    batch = Batch(lake, platform, stream, settings.clock(), batch_id)
    has_people = any(field.personal for field in stream.fields)
    normaliser = Normaliser(stream, personal_hash() if has_people else str)
    landed = Landed(stream.name, batch.batch_id)
    for read in reads:
        landed.slices += [_refused_record(read.account, outcome) for outcome in read.refused]
        for window, rows in read.windows:
            landed.slices += _land_window(batch, normaliser, read, window, rows, landed.errors)
    landed.slices = _with_suspects(lake, platform, stream, batch, landed.slices)
    landed.drift = sorted(normaliser.drift)
    batch.commit(landed.slices, landed.drift)
    landed.quarantined, landed.duplicates = batch.quarantined.total(), batch.duplicates
    _log(platform, landed)
    return landed


# -- what may be asked -----------------------------------------------------------------------


def _asked(stream: Stream, window: Window) -> Window:
    return Window(window.since - timedelta(days=stream.lookback_days), window.until)


def _clients(
    platform: Platform,
    lake: Lake,
    settings: Settings,
    credentials: Callable[[Account], Credential],
) -> Callable[[Account], ApiClient]:
    """Return the function that gives each account its client, made once per account.

    Accounts of one credential share its rate limit and its token.
    """
    made: dict[str, ApiClient] = {}
    limits: dict[str, RateLimit] = {}
    landing = Landing(lake, platform.name, business_date(settings.clock()))

    def client(account: Account) -> ApiClient:
        if account.key not in made:
            credential = credentials(account)
            rate = float(account.options.get("calls_per_second", platform.calls_per_second))
            limit = limits.setdefault(credential.connection_id, RateLimit(rate))
            tokens = TokenStore(platform, credential, settings.tokens_dir, settings.clock)
            made[account.key] = ApiClient(
                platform, account, credential, tokens, limit, settings.clock, landing=landing
            )
        return made[account.key]

    return client


def _read(
    stream: Stream,
    account: Account,
    window: Window,
    clients: Callable[[Account], ApiClient],
    settings: Settings,
) -> AccountRead:
    now = settings.clock()
    days = [day for day in window.days() if not account.active_from or day >= account.active_from]
    if stream.day is None and not stream.is_snapshot:
        days = days[-1:]
    refused = tuple(o for day in days if (o := refusal(stream, day, now)) is not None)
    closed = {outcome.day for outcome in refused}
    windows = _windows([day for day in days if day not in closed], stream.max_window_days)
    return AccountRead(
        account, tuple((w, _rows(stream, account, w, clients)) for w in windows), refused
    )


def _rows(
    stream: Stream, account: Account, window: Window, clients: Callable[[Account], ApiClient]
) -> Iterator[Row | DayOutcome]:
    assert stream.read is not None
    yield from stream.read(clients(account), account, window)


def refusal(stream: Stream, day: date, now: datetime) -> DayOutcome | None:
    """Return why a day is not asked for at all, or None."""
    ready_at = _moment(day + timedelta(days=1), stream.ready_at)
    if stream.is_snapshot:
        ends_at = _moment(day + timedelta(days=1), time_of_day(0))
        latest = ends_at + timedelta(hours=stream.snapshot_tolerance_hours)
        if now > latest:
            return DayOutcome(day, "missing", "a snapshot reads now; its time has passed")
        if now < ends_at - timedelta(hours=1):
            return DayOutcome(day, "not_ready", "the day is not over")
        return None
    if now < ready_at:
        return DayOutcome(day, "not_ready", f"ready at {ready_at:%Y-%m-%d %H:%M}")
    if stream.reach_days and day < business_date(now) - timedelta(days=stream.reach_days):
        return DayOutcome(
            day, "not_offered", f"the platform keeps no more than {stream.reach_days} days"
        )
    return None


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


def _moment(day: date, at: time_of_day) -> datetime:
    return datetime.combine(day, at, SHANGHAI)


# -- what came -------------------------------------------------------------------------------


def _land_window(
    batch: Batch,
    normaliser: Normaliser,
    read: AccountRead,
    window: Window,
    rows: Iterable[Row | DayOutcome],
    errors: list[ExtractError],
) -> list[SliceRecord]:
    """Take in the rows of one window; return how each of its days ended."""
    days = window.days() if batch.stream.day is not None else [window.until]
    said: dict[date, DayOutcome] = {}
    try:
        for item in rows:
            if isinstance(item, DayOutcome):
                said[item.day] = item
            else:
                _take(batch, normaliser, read, window, item)
    except NotReady as error:
        return [SliceRecord(read.account.key, day, "not_ready", 0, _text(error)) for day in days]
    except NotOffered as error:
        return [SliceRecord(read.account.key, day, "not_offered", 0, _text(error)) for day in days]
    except ExtractError as error:
        errors.append(error)
        return [SliceRecord(read.account.key, day, "failed", 0, _text(error)) for day in days]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # the payload is not what the module was written for: the contract changed, or it lies
        changed = ApiChanged(
            f"{batch.platform.name}/{batch.stream.name}: the answer has another shape than the "
            f"contract ({type(error).__name__}: {redact(str(error))}); compare landing/"
        )
        errors.append(changed)
        return [SliceRecord(read.account.key, day, "failed", 0, _text(changed)) for day in days]
    return [_record(batch, read.account, day, said.get(day)) for day in days]


def _take(
    batch: Batch, normaliser: Normaliser, read: AccountRead, window: Window, item: Row
) -> None:
    stream = batch.stream
    try:
        row = normaliser.row(item)
        day = stream.day(row) if stream.day else window.until
        version = stream.version(row) if stream.version else None
    except RowRefused as refusal_of_row:
        batch.refuse(read.account, window.until, item, refusal_of_row)
        return
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        refused = RowRefused("bad_row", f"{type(error).__name__}: {redact(str(error))}")
        batch.refuse(read.account, window.until, item, refused)
        return
    if not window.since <= day <= window.until:
        if stream.merge == "replace_slice":
            return  # the platform gives fixed spans of days; the others are not of this run
        day = min(max(day, window.since), window.until)
    batch.add(read.account, day, row, version or read.version or batch.captured_at)


def _record(batch: Batch, account: Account, day: date, said: DayOutcome | None) -> SliceRecord:
    rows = batch.rows[(account.key, day)]
    if said is not None:
        return SliceRecord(account.key, day, said.status, rows, said.reason)
    if rows:
        return SliceRecord(account.key, day, "ok", rows, is_zero=batch.is_zero((account.key, day)))
    if batch.stream.is_dense:
        return SliceRecord(account.key, day, *_absent(batch.stream, day, batch.captured_at))
    return SliceRecord(account.key, day, "empty")


def _absent(stream: Stream, day: date, now: datetime) -> tuple[SliceStatus, int, str]:
    if now < _moment(day + timedelta(days=1), stream.deadline_at):
        return "not_ready", 0, "the platform has no row for the day yet"
    return "missing", 0, "the platform has no row for the day"


def _refused_record(account: Account, outcome: DayOutcome) -> SliceRecord:
    return SliceRecord(account.key, outcome.day, outcome.status, 0, outcome.reason)


def _with_suspects(
    lake: Lake, platform: Platform, stream: Stream, batch: Batch, records: list[SliceRecord]
) -> list[SliceRecord]:
    """Mark what brought nothing, only zeros, or under half of what it would supersede."""
    if stream.merge != "replace_slice" and not stream.is_complete_listing:
        return records
    standing: dict[tuple[str, date], WinningSlice] = {}
    newest: dict[str, WinningSlice] = {}
    for winner in lake.current(stream, platform.name):
        standing[(winner.key.account_key, winner.key.dt)] = winner
        newest[winner.key.account_key] = winner
    return [
        _judged(
            record,
            newest.get(record.account_key)
            if stream.is_complete_listing
            else standing.get((record.account_key, record.dt)),
        )
        for record in records
    ]


def _judged(record: SliceRecord, standing: WinningSlice | None) -> SliceRecord:
    if standing is None or not standing.rows or record.status not in {"ok", "empty"}:
        return record
    why = None
    if record.rows < HALF * standing.rows:
        why = f"{record.rows} rows where {standing.rows} are current"
    elif record.is_zero and not standing.is_zero:
        why = "only zeros where figures are current"
    if why is None:
        return record
    remedy = "accept with `tidemark lake accept` if that is right"
    return SliceRecord(
        record.account_key, record.dt, "suspect", record.rows, f"{why}; {remedy}", record.is_zero
    )


def _text(error: ExtractError) -> str:
    return f"{type(error).__name__}: {error}"


def _log(platform: Platform, landed: Landed) -> None:
    by_account: dict[str, list[SliceRecord]] = {}
    for record in landed.slices:
        by_account.setdefault(record.account_key, []).append(record)
    for account_key, records in by_account.items():
        statuses: dict[str, int] = {}
        for record in records:
            statuses[record.status] = statuses.get(record.status, 0) + 1
        rows = sum(record.rows for record in records)
        name = f"{platform.name}/{landed.stream}"
        logger.info("%s %s: %d rows, slices %s", name, account_key, rows, statuses)
    for text in landed.drift:
        logger.warning("%s/%s", platform.name, text)
