"""A hold: after a rollback nothing new is published until a person says so."""

import json

from tidemark.settings import Settings
from warehouse.status import write_atomically


def read_hold(settings: Settings) -> str | None:
    """Return why releases are held back, or None when they are not."""
    path = settings.published_dir / "hold.json"
    return str(json.loads(path.read_text())["reason"]) if path.exists() else None


def set_hold(settings: Settings, reason: str) -> None:
    """Hold releases back."""
    write_atomically(settings.published_dir / "hold.json", json.dumps({"reason": reason}))


def lift_hold(settings: Settings) -> bool:
    """Let releases go on; tell whether they were held."""
    path = settings.published_dir / "hold.json"
    is_held = path.exists()
    path.unlink(missing_ok=True)
    return is_held
