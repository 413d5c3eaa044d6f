"""A hold: after a rollback nothing new is published until a person says so."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tidemark.settings import Settings
from warehouse.status import write_atomically


@dataclass(frozen=True)
class Hold:
    """Why releases are held back, and the one that readers are to see meanwhile."""

    reason: str
    release_id: str


def read_hold(settings: Settings) -> Hold | None:
    """Return the hold, or None when releases go on."""
    path = _path(settings)
    return Hold(**json.loads(path.read_text())) if path.exists() else None


def set_hold(settings: Settings, hold: Hold) -> None:
    """Hold releases back."""
    write_atomically(_path(settings), json.dumps(asdict(hold)))


def lift_hold(settings: Settings) -> bool:
    """Let releases go on; tell whether they were held."""
    path = _path(settings)
    is_held = path.exists()
    path.unlink(missing_ok=True)
    return is_held


def _path(settings: Settings) -> Path:
    return settings.published_dir / "hold.json"
