"""The one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tidemark.errors import TidemarkError

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def file_clock(path: Path) -> Clock:
    """Return a clock that reads an ISO moment with zone from a file at every call.

    The sandbox and the pipeline share such a file, so that a campaign can be lived through.
    """

    def read() -> datetime:
        text = path.read_text().strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _no_moment(path, text) from None
        # without a zone it would mean another moment on every machine
        if moment.tzinfo is None:
            raise _no_moment(path, text)
        return moment.astimezone(UTC)

    return read


def business_date(moment: datetime) -> date:
    """Return the Asia/Shanghai calendar day of a moment with zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no zone; its day would depend on the machine")
    return moment.astimezone(SHANGHAI).date()


def _no_moment(path: Path, text: str) -> TidemarkError:
    return TidemarkError(
        f"{path} (TIDEMARK_CLOCK_FILE): {text!r} is no moment with zone; "
        "write it like 2026-04-16T10:45:00+08:00"
    )
