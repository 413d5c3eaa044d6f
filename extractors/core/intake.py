"""The one way into the lake: what was read or parsed becomes rows, slices and a batch."""

import logging
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from hashlib import sha256

from extractors.core.asking import moment_after
from extractors.core.batch import Batch
from extractors.core.captures import says_nothing_new
from extractors.core.errors import (
    SHAPE_ERRORS,
    ApiChanged,
    ExtractError,
    NotOffered,
    NotReady,
)
from extractors.core.forget import Eraser, sweep_parts
from extractors.core.lake import Lake, SliceRecord, as_bytes
from extractors.core.merged import merged
from extractors.core.model import (
    Account,
    DayOutcome,
    Platform,
    Row,
    SliceStatus,
    Stream,
    Window,
)
from extractors.core.people import People, read_tombstones
from extractors.core.redact import keep_secrets_out_of_logs, redact
from extractors.core.rows import ROW_ERRORS, Normaliser, RowRefused
from extractors.core.suspects import with_suspects
from tidemark.settings import Settings

logger = logging.getLogger(__name__)
keep_secrets_out_of_logs(logger)

ACCOUNTS_AT_ONCE = 20
TAKEN_TOGETHER = 500  # items
DRIFTS = "drifts"  # the ledger: every difference that was ever told
DOUBTED = (
    "no row, and rows of an unknown day were refused; see quarantine/, then "
    "`tidemark gate replay` or `tidemark lake accept`"
)


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
    outside: int = 0  # rows of other days than asked, of a platform that gives fixed spans

    @property
    def rows(self) -> int:
        """Rows written into slices that were read to their end."""
        return sum(record.rows for record in self.slices)


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
    people = People(lake)
    normaliser = Normaliser(stream, people.hasher)
    landed = Landed(stream.name, batch.batch_id)
    ended = _take_all(batch, normaliser, reads, landed.errors)
    batch.close()
    if people.settle(batch.batch_id):  # someone was forgotten while this was read
        sweep_parts(lake, batch.files, Eraser(read_tombstones(lake)))
    records = [_record(batch, account, outcome) for account, outcome in ended]
    landed.errors += _waits(platform, stream, records)
    records += [
        SliceRecord(read.account.key, outcome.day, outcome.status, 0, outcome.reason)
        for read in reads
        for outcome in read.refused
    ]
    landed.slices = with_suspects(lake, platform, stream, records)
    landed.drift = normaliser.drift.report()
    if says_nothing_new(batch, landed.slices):
        batch.drop()
    else:
        batch.commit(landed.slices, landed.drift)
    landed.quarantined, landed.duplicates = batch.quarantined.total(), batch.duplicates
    landed.outside = batch.outside
    _log(platform, landed)
    _tell_drift(lake, platform, landed, batch.captured_at)
    return landed


@dataclass(frozen=True)
class _Ended:
    """How the reading of one window ended, after its last item."""

    read: AccountRead
    window: Window
    outcomes: list[DayOutcome]
    error: ExtractError | None = None


def _take_all(
    batch: Batch, normaliser: Normaliser, reads: Sequence[AccountRead], errors: list[ExtractError]
) -> list[tuple[Account, DayOutcome]]:
    """Take in what every account says, some accounts at a time; return how each day ended."""
    ends: list[_Ended] = []
    broken: dict[tuple[str, Window], ExtractError] = {}
    sources = [partial(_said, batch, read) for read in reads]
    for said in merged(sources, ACCOUNTS_AT_ONCE, chunk=1):
        if isinstance(said, _Ended):
            ends.append(_as_written(batch, said, broken))
            continue
        read, window, items = said
        place = (read.account.key, window)
        if place not in broken:
            try:
                _take(batch, normaliser, read, window, items)
            except (OSError, *SHAPE_ERRORS) as error:
                broken[place] = _unwritten(batch, error)
    order = {read.account.key: number for number, read in enumerate(reads)}
    ends.sort(key=lambda end: (order[end.read.account.key], end.window.since))
    errors += [end.error for end in ends if end.error is not None]
    return [(end.read.account, outcome) for end in ends for outcome in end.outcomes]


def _said(
    batch: Batch, read: AccountRead
) -> Iterator[tuple[AccountRead, Window, list[Row]] | _Ended]:
    """Yield the items of every window of an account, many at once, and how each window ended."""
    for window, rows in read.windows:
        days = _days_of(batch, window)
        said: dict[date, DayOutcome] = {}
        items: list[Row] = []
        try:
            for item in rows:
                if isinstance(item, DayOutcome):
                    said[item.day] = item
                    continue
                items.append(item)
                if len(items) >= TAKEN_TOGETHER:
                    yield read, window, items
                    items = []
            end = _Ended(read, window, [said.get(d) or DayOutcome(d, "ok", "") for d in days])
        except NotReady as error:
            end = _Ended(read, window, _all(days, "not_ready", error))
        except NotOffered as error:
            end = _Ended(read, window, _all(days, "not_offered", error))
        except ExtractError as error:
            end = _Ended(read, window, _all(days, "failed", error), error)
        except (OSError, *SHAPE_ERRORS) as error:
            failure = _unwritten(batch, error)
            end = _Ended(read, window, _all(days, "failed", failure), failure)
        if items:
            yield read, window, items
        yield end


def _days_of(batch: Batch, window: Window) -> list[date]:
    return window.days() if batch.stream.day is not None else [window.until]


def _as_written(
    batch: Batch, ended: _Ended, broken: dict[tuple[str, Window], ExtractError]
) -> _Ended:
    """Return how a window ended, or that its rows could not be written."""
    error = broken.get((ended.read.account.key, ended.window))
    if error is None:
        return ended
    days = _days_of(batch, ended.window)
    return _Ended(ended.read, ended.window, _all(days, "failed", error), error)


def _unwritten(batch: Batch, error: Exception) -> ExtractError:
    if isinstance(error, OSError):
        return ExtractError(f"{batch.platform.name}/{batch.stream.name}: {error}")
    return _changed(batch, error)


def _all(days: Sequence[date], status: SliceStatus, error: ExtractError) -> list[DayOutcome]:
    return [DayOutcome(day, status, f"{type(error).__name__}: {error}") for day in days]


def _changed(batch: Batch, error: Exception) -> ApiChanged:
    """Return what a payload of another shape means: the contract changed, or it lies."""
    name = f"{batch.platform.name}/{batch.stream.name}"
    logger.error("%s: %s", name, "".join(traceback.format_exception(error)))
    return ApiChanged(
        f"{name}: the answer has another shape than the contract "
        f"({type(error).__name__}: {redact(str(error))}); compare landing/"
    )


def _take(
    batch: Batch, normaliser: Normaliser, read: AccountRead, window: Window, items: list[Row]
) -> None:
    version = read.version or batch.captured_at
    for item, row in zip(items, normaliser.rows(items), strict=True):
        try:
            if isinstance(row, Exception):
                raise row
            place = placed(batch.stream, row, window, version)
        except ROW_ERRORS as error:
            _refuse(batch, normaliser, read, window, item, error)
            continue
        if place is None:
            batch.outside += 1
            continue
        batch.add(read.account.key, place[0], row, place[1])


def _refuse(
    batch: Batch,
    normaliser: Normaliser,
    read: AccountRead,
    window: Window,
    item: Row,
    error: Exception,
) -> None:
    day = _day_of_refused(batch, normaliser, window, item)
    if day is None:
        batch.doubt(read.account.key, window.days())
    entry = {**refused_entry(error, window, read.version), **normaliser.kept(item)}
    batch.refuse(read.account.key, day or window.until, entry)


def _day_of_refused(batch: Batch, normaliser: Normaliser, window: Window, item: Row) -> date | None:
    """Return the day of a refused row, or None when nobody can tell which of the window's."""
    try:
        place = placed(batch.stream, normaliser.understood(item), window, batch.captured_at)
    except ROW_ERRORS:
        return None
    return place[0] if place else window.until


def placed(
    stream: Stream, row: Row, window: Window, version: datetime
) -> tuple[date, datetime] | None:
    """Return the day and source version of a row; None when its day was not asked for."""
    day = stream.day(row) if stream.day else window.until
    own = stream.version(row) if stream.version else None
    if not window.since <= day <= window.until:
        if stream.merge == "replace_slice":
            return None  # the platform gives fixed spans of days
        day = min(max(day, window.since), window.until)
    return day, own or version


def refused_entry(error: Exception, window: Window, version: datetime | None) -> dict[str, object]:
    """Return why a row is refused, and what a replay must know of how it came."""
    if not isinstance(error, RowRefused):
        error = RowRefused("bad_row", f"{type(error).__name__}: {redact(str(error))}")
    return {
        "rule": error.rule,
        "detail": str(error),
        "since": str(window.since),
        "until": str(window.until),
        "version": version.isoformat() if version else None,
    }


def _record(batch: Batch, account: Account, outcome: DayOutcome) -> SliceRecord:
    """Return how a slice ended, by what was said of its day and by what came."""
    slice_id = (account.key, outcome.day)
    rows, is_zero = batch.rows(slice_id), batch.is_zero(slice_id)
    refused = batch.quarantined[slice_id]
    if outcome.status == "failed":
        return SliceRecord(
            account.key, outcome.day, "failed", 0, outcome.reason, quarantined=refused
        )
    if outcome.status != "ok" or outcome.reason:
        said = (outcome.status, rows, outcome.reason, is_zero)
        return SliceRecord(account.key, outcome.day, *said, quarantined=refused)
    if rows:
        return SliceRecord(
            account.key, outcome.day, "ok", rows, is_zero=is_zero, quarantined=refused
        )
    if slice_id in batch.doubted and not refused:
        return SliceRecord(account.key, outcome.day, "suspect", 0, DOUBTED)
    if not batch.stream.is_dense or refused:
        return SliceRecord(account.key, outcome.day, "empty", quarantined=refused)
    is_late = batch.captured_at >= moment_after(outcome.day, batch.stream.deadline_at)
    status: SliceStatus = "missing" if is_late else "not_ready"
    reason = "the platform has no row for the day" + ("" if is_late else " yet")
    return SliceRecord(account.key, outcome.day, status, 0, reason)


def _waits(
    platform: Platform, stream: Stream, records: Sequence[SliceRecord]
) -> list[ExtractError]:
    """Return the errors that make a scheduler come again: required days that are not out yet."""
    if not stream.is_required:
        return []
    return [
        NotReady(f"{platform.name}/{stream.name} {r.account_key} {r.dt}: {r.error}; try later")
        for r in records
        if r.status == "not_ready"
    ]


def _log(platform: Platform, landed: Landed) -> None:
    by_account: dict[str, list[SliceRecord]] = {}
    for record in landed.slices:
        by_account.setdefault(record.account_key, []).append(record)
    for account_key, records in by_account.items():
        statuses = dict(Counter(record.status for record in records))
        rows = sum(record.rows for record in records)
        name = f"{platform.name}/{landed.stream}"
        logger.info("%s %s: %d rows, slices %s", name, account_key, rows, statuses)


def _tell_drift(lake: Lake, platform: Platform, landed: Landed, seen_at: datetime) -> None:
    """Warn of differences that nobody was told of before."""
    for drift in landed.drift:
        text = f"{platform.name}/{drift}"
        entry = {"drift": text, "batch_id": landed.batch_id, "seen_at": seen_at.isoformat()}
        if lake.append(DRIFTS, sha256(as_bytes(text)).hexdigest()[:16], entry):
            logger.warning("%s", text)
