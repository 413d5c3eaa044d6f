"""Which process has a file or socket open, as far as Linux tells this user."""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

PROC = Path("/proc")


def openers(targets: Collection[str]) -> list[Path]:
    """Return the /proc folders of the processes that have one of these open."""
    return [
        process
        for process in sorted(PROC.glob("[0-9]*"))
        if any(name in targets for name in _open_names(process))
    ]


def command(process: Path) -> str:
    """Return what a process was started with, and its id."""
    try:
        words = (process / "cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        words = "a process that has just ended"
    return f"`{words[:80]}` (pid {process.name})"


def _open_names(process: Path) -> Iterator[str]:
    # a process, and each of its files, may be gone by now or belong to somebody else
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(descriptor.readlink())
