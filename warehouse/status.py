"""published/status.json: what the last attempt did, for people, boards and the demo."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from tidemark.clock import system_clock
from tidemark.settings import Settings
from warehouse.releases import current_entry
from warehouse.site import Site

Outcome = Literal[
    "published",
    "unchanged",
    "waiting",
    "held",
    "no_room",
    "gate_failed",
    "build_failed",
    "rolled_back",
]


def write_status(
    site: Site,
    outcome: Outcome,
    reason: str,
    *,
    failures: Sequence[str] = (),
    late_sources: Sequence[str] = (),
    waiting_for: Sequence[str] = (),
    refused_slices: Sequence[str] = (),
) -> None:
    """Replace status.json; the release it names is always the one that readers see now."""
    current = current_entry(site.settings, site.lake) or {}
    body = {
        "outcome": outcome,
        "reason": reason,
        "release_id": current.get("release_id"),
        "as_of_date": current.get("as_of_date"),
        "published_at": current.get("published_at"),
        "failures": list(failures),
        "late_sources": list(late_sources),
        "waiting_for": list(waiting_for),
        "refused_slices": list(refused_slices),
        "at": site.settings.clock().isoformat(),
        # wall time beside it: while a campaign is simulated the clock above stands still
        "written_at": system_clock().isoformat(),
    }
    write_atomically(status_path(site.settings), json.dumps(body, ensure_ascii=False, indent=2))


def read_status(settings: Settings) -> dict[str, Any]:
    """Return status.json, or nothing before the first attempt."""
    path = status_path(settings)
    return dict(json.loads(path.read_text())) if path.exists() else {}


def status_path(settings: Settings) -> Path:
    """Return where status.json is."""
    return settings.published_dir / "status.json"


def write_atomically(path: Path, text: str) -> None:
    """Write a small file so that readers see the old text or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w") as sink:
        sink.write(text)
        sink.flush()
        os.fsync(sink.fileno())
    temporary.replace(path)
