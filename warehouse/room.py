"""Room on the disk: a release that could not end is not begun."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from extractors.core.lake import open_lake
from tidemark.settings import Settings
from warehouse.base import base_path
from warehouse.errors import RoomError
from warehouse.site import Site
from warehouse.status import write_status

MIB = 1024**2
#: the plan, dbt's artifacts and what is new since the last build
SPARE_BYTES = 256 * MIB
#: of the build database: the candidate, what DuckDB spills beside it, the release made of it
COPIES = 3

#: how many bytes are free where a folder is, or will be
Measure = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Return the room where a folder is, or where it will be made."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free


def needed_bytes(settings: Settings) -> int:
    """Return the room that a release needs from its plan to its publication.

    Before the first build the lake's own rows stand for its database.
    """
    base = base_path(settings)
    size = (
        base.stat().st_size
        if base.exists()
        else open_lake(settings.lake_url, settings.copies_dir).size("raw")
    )
    return COPIES * size + SPARE_BYTES


def check_room(site: Site, measure: Measure = free_bytes) -> None:
    """Raise RoomError, and say so in status.json, where a release could not end."""
    settings = site.settings
    free, needed = measure(settings.home), needed_bytes(settings)
    if free >= needed:
        return
    reason = (
        f"{settings.home} has {free // MIB:,} MiB free and a release needs {needed // MIB:,} MiB "
        f"({COPIES} times the build database and {SPARE_BYTES // MIB} MiB); nothing was begun and "
        "readers keep the release they have. Make room, then run tidemark release"
    )
    # on a disk without a single byte not even this can be written: the error itself says it
    with contextlib.suppress(OSError):
        write_status(site, "no_room", reason)
    raise RoomError(reason)
