"""The sandbox's time: the clock file that the pipeline reads too, or the real time."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path


def clock(path: Path | None) -> Callable[[], datetime]:
    """Return the present moment of this sandbox, asked anew at every request."""
    if path is None:
        return lambda: datetime.now(UTC)
    return lambda: datetime.fromisoformat(path.read_text().strip()).astimezone(UTC)
