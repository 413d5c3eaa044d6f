"""Response bodies kept for the engineer: on error, and one sample per endpoint and run."""

import json
import threading
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from extractors.core.lake import Lake, as_bytes
from extractors.core.redact import redact, redact_body, without_people

KEEP_DAYS = 7
BODY_CHARACTERS = 20_000
ERRORS_AT_MOST = 20


@dataclass
class Landing:
    """Where one run keeps bodies. Secrets and personal data are taken out before writing."""

    lake: Lake
    platform: str
    day: date
    _sampled: set[str] = field(default_factory=set)
    _errors: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sample(self, path: str, body: Any) -> None:
        """Keep the first good body of an endpoint."""
        with self._lock:
            if path in self._sampled:
                return
            self._sampled.add(path)
        self._write("sample", path, {"body": without_people(body)})

    def keep_error(self, path: str, status: int, text: str) -> None:
        """Keep the body of a refused call, the first few of a run."""
        with self._lock:
            self._errors += 1
            if self._errors > ERRORS_AT_MOST:
                return
        try:
            body = without_people(json.loads(text))
        except ValueError:
            # a page or a line of text may hold anybody's name, and no key says where
            body = f"not JSON, {len(text)} characters"
        self._write("error", path, {"status": status, "body": body})

    def _write(self, kind: str, path: str, content: dict[str, Any]) -> None:
        document = redact_body({"path": path, **content})
        text = redact(json.dumps(document, ensure_ascii=False))[:BODY_CHARACTERS]
        name = path.strip("/").replace("/", "-")
        folder = f"landing/{self.platform}/{self.day}"
        self.lake.write_bytes(f"{folder}/{kind}-{name}-{uuid.uuid4().hex[:8]}.json", as_bytes(text))


def expire_landing(lake: Lake, now: datetime) -> int:
    """Delete kept bodies older than a week; return how many."""
    oldest = (now - timedelta(days=KEEP_DAYS)).date()
    expired = [
        path
        for path in lake.list_files("landing")
        if (day := _day_of(path)) is not None and day < oldest
    ]
    for path in expired:
        lake.delete(path)
    return len(expired)


def _day_of(path: str) -> date | None:
    parts = path.split("/")
    try:
        return date.fromisoformat(parts[2])
    except (IndexError, ValueError):
        return None
