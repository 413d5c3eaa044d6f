"""The inbox folder: which files wait there, and taking them so that nobody takes them twice.

Standard library only, cheap to import: triggers and watchers use it.

    inbox/<account key>/<any name>            where people put files
    inbox/.claimed/<account key>/<any name>   taken; still here after a crash, and then swept up
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CLAIMED = ".claimed"
STABLE_SECONDS = 1.0
#: half-written downloads and the lock files of office programs
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download")
_LOCK_MARK = "~$"

Signature = tuple[int, int]


@dataclass(frozen=True)
class Claim:
    """A file that was taken out of the inbox. account_key is the name of its folder, or empty."""

    account_key: str
    name: str
    path: Path


def pending(inbox: Path) -> list[Path]:
    """Return the files that wait to be processed, those left by a crash included."""
    return [*sorted(waiting(inbox)), *(claim.path for claim in left_over(inbox))]


def claim(
    inbox: Path,
    *,
    stable_seconds: float = STABLE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Claim]:
    """Take every file whose size and time stood still, and what an earlier run left behind.

    A file that is still growing stays; moving within one file system is atomic.
    """
    before = waiting(inbox)
    if before and stable_seconds > 0:
        sleep(stable_seconds)
    after = waiting(inbox)
    for path, signature in sorted(before.items()):
        if after.get(path) == signature:
            _take(inbox, path)
    return left_over(inbox)


def left_over(inbox: Path) -> list[Claim]:
    """Return the files that are taken and not yet done with."""
    root = inbox / CLAIMED
    return [
        Claim("" if path.parent == root else path.parent.name, path.name, path)
        for path in sorted(_files(root))
    ]


def put(source: Path, inbox: Path, account_key: str) -> Path:
    """Copy a file into the inbox so that a watcher sees all of it or nothing."""
    folder = inbox / account_key
    folder.mkdir(parents=True, exist_ok=True)
    target = _free(folder / source.name)
    temporary = folder / f".{target.name}.tmp"
    temporary.write_bytes(source.read_bytes())
    return temporary.replace(target)


def _take(inbox: Path, path: Path) -> None:
    inside = path.relative_to(inbox).parts
    folder = inbox / CLAIMED / (inside[0] if len(inside) > 1 else "")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        path.replace(_free(folder / "-".join(inside[1:] or inside)))
    except FileNotFoundError:
        return  # someone was faster, or the person took it back


def waiting(inbox: Path) -> dict[Path, Signature]:
    found = {}
    for path in _files(inbox):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found[path] = (status.st_size, status.st_mtime_ns)
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that a person put there, never links."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place) / name
            is_noise = name.startswith((".", _LOCK_MARK)) or name.endswith(_UNFINISHED)
            if not is_noise and path.is_file() and not path.is_symlink():
                yield path


def _free(path: Path) -> Path:
    """Return a path like this one that is not taken."""
    candidate, number = path, 2
    while candidate.exists():
        candidate, number = path.with_stem(f"{path.stem} ({number})"), number + 1
    return candidate
