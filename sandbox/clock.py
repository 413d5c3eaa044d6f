"""The sandbox's time: the clock file that the pipeline reads too, or the real time."""

from pathlib import Path

from tidemark.clock import Clock, file_clock, system_clock


def clock(path: Path | None) -> Clock:
    """Return the present moment of this sandbox, asked anew at every request."""
    return file_clock(path) if path else system_clock
