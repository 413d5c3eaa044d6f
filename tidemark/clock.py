"""The one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tidemark.errors import TidemarkError

CLOCK_REMEDY = "set it with `tidemark sandbox clock`, or unset TIDEMARK_CLOCK_FILE"
SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


class ClockError(TidemarkError):
    """The file of a virtual clock holds no moment."""


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def file_clock(path: Path) -> Clock:
    """Return a clock that reads an ISO moment with zone from a file at every call.

    The sandbox and the pipeline share such a file, so that a campaign can be lived through.
    """

    def read() -> datetime:
        try:
            text = path.read_text().strip()
        except OSError as error:
            raise ClockError(f"{path}: {error.strerror}; {CLOCK_REMEDY}") from None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ClockError(f"{path}: {text[:40]!r} is no ISO moment; {CLOCK_REMEDY}") from None
        # without a zone it would mean another moment on every machine
        if moment.tzinfo is None:
            raise ClockError(f"{path}: {text!r} has no zone; write +08:00 behind it")
        return moment.astimezone(UTC)

    return read


def business_date(moment: datetime) -> date:
    """Return the Asia/Shanghai calendar day of a moment with zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no zone; its day would depend on the machine")
    return moment.astimezone(SHANGHAI).date()


def days_between(first: date, last: date) -> list[date]:
    """Return the days from one to another, both among them; none when the last is before."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]
