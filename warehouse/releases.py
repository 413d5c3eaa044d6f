"""The published folder: immutable release files, and the symlink that names the current one."""

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from extractors.core.lake import Lake
from tidemark.settings import Settings

LEDGER = "releases"
PLANS = "plans"
KEPT = 30
_ID = re.compile(r"r(\d{6,})-\d{8}")


def releases_dir(settings: Settings) -> Path:
    """Return the folder of the release files."""
    return settings.published_dir / "releases"


def release_path(settings: Settings, release_id: str) -> Path:
    """Return the file of one release."""
    return releases_dir(settings) / f"{release_id}.duckdb"


def link_path(settings: Settings) -> Path:
    """Return the symlink that readers open."""
    return settings.published_dir / "tidemark.duckdb"


def current_id(settings: Settings) -> str | None:
    """Return the release that the symlink names."""
    link = link_path(settings)
    return link.readlink().stem if link.is_symlink() else None


def kept_ids(settings: Settings) -> list[str]:
    """Return the releases whose files are here, oldest first."""
    return sorted(
        path.stem for path in releases_dir(settings).glob("*.duckdb") if _ID.fullmatch(path.stem)
    )


def current_entry(settings: Settings, lake: Lake) -> Mapping[str, Any] | None:
    """Return what the ledger says of the release that the symlink names."""
    release_id = current_id(settings)
    return next((e for e in lake.ledger(LEDGER) if e["release_id"] == release_id), None)


def next_id(settings: Settings, lake: Lake, as_of: date) -> str:
    """Return an id above every id ever planned or published; the counter never turns back."""
    entries = [path for name in (PLANS, LEDGER) for path in lake.list_files(f"_ledger/{name}")]
    names = [*(Path(path).stem for path in entries), *kept_ids(settings)]
    numbers = [int(found[1]) for name in names if (found := _ID.match(name))]
    return f"r{max(numbers, default=0) + 1:06d}-{as_of:%Y%m%d}"


def point_to(settings: Settings, release_id: str) -> None:
    """Make the symlink name a release, in one atomic step; open readers keep what they have."""
    link = link_path(settings)
    temporary = link.with_name(".tidemark.duckdb.next")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(Path("releases") / f"{release_id}.duckdb")
    temporary.replace(link)
    sync_folder(link.parent)


def drop_old(settings: Settings, kept: int = KEPT) -> list[str]:
    """Delete the oldest release files beyond `kept`, never the current one."""
    current = current_id(settings)
    dropped = [name for name in kept_ids(settings)[:-kept] if name != current]
    for name in dropped:
        release_path(settings, name).unlink()
    return dropped


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
