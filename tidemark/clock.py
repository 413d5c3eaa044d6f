"""The one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

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
        return datetime.fromisoformat(path.read_text().strip()).astimezone(UTC)

    return read


def business_date(moment: datetime) -> date:
    """Return the Asia/Shanghai calendar day of a moment with zone."""
    return moment.astimezone(SHANGHAI).date()
