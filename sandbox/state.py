"""What the running sandbox remembers: tokens, limits, calls, messages."""

import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.faults import ROUTE_KINDS, Fault, Faults
from sandbox.world import World
from tidemark.clock import business_date

CALLER = "sandbox.caller"  # where a route notes in the scope whose account was called


@dataclass
class IssuedToken:
    """A token that was handed out, to whom, and until when on the virtual clock."""

    platform: str
    owner: str
    value: str
    expires_at: datetime
    renewals: int = 0


@dataclass
class Limits:
    """How much a caller may ask; None is no limit. Figures nobody publishes are assumed."""

    calls_per_second: float | None = None
    calls_per_day: int | None = None
    is_feishu_on_real_time: bool = False
    is_rate_on_virtual_time: bool = False  # robots count by the clock of the world, not the wall's


@dataclass
class State:
    """Everything that changes while the sandbox runs."""

    world: World
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    access: dict[str, IssuedToken] = field(default_factory=dict)
    refresh: dict[str, IssuedToken] = field(default_factory=dict)
    forced: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    calls: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    _recent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _per_day: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def issue(self, platform: str, owner: str, life: timedelta, prefix: str = "") -> IssuedToken:
        """Hand out a new access token."""
        return self._hand_out(self.access, platform, owner, life, prefix)

    def issue_refresh(
        self, platform: str, owner: str, life: timedelta, prefix: str = ""
    ) -> IssuedToken:
        """Hand out a new refresh token; those of before die."""
        for token in self.refresh.values():
            if token.owner == owner:
                token.expires_at = min(token.expires_at, self.now())
        return self._hand_out(self.refresh, platform, owner, life, prefix)

    def _hand_out(
        self,
        store: dict[str, IssuedToken],
        platform: str,
        owner: str,
        life: timedelta,
        prefix: str,
    ) -> IssuedToken:
        value = f"{prefix}{secrets.token_hex(12)}"
        store[value] = IssuedToken(platform, owner, value, self.now() + life)
        return store[value]

    def standing(self, owner: str, *, for_at_least: timedelta = timedelta()) -> IssuedToken | None:
        """Return the newest access token of an owner that lives longer than a span."""
        until = self.now() + for_at_least
        alive = [t for t in self.access.values() if t.owner == owner and t.expires_at > until]
        return alive[-1] if alive else None

    def owner_of(self, value: str) -> str | None:
        """Return who an access token belongs to, "" when it has expired, None when unknown."""
        token = self.access.get(value)
        if token is None:
            return None
        return token.owner if token.expires_at > self.now() else ""

    def route_fault(self, path: str) -> Fault | None:
        """Return the fault that the platform itself answers with, if one hits this call."""
        fault = self.faults.take_one(path, ROUTE_KINDS)
        if fault is None or fault.kind != "expire_token":
            return fault
        for token in self.access.values():
            if path.startswith(f"/{token.platform}/"):
                token.expires_at = self.now() - timedelta(seconds=1)
        return None

    def is_too_fast(self, caller: str) -> bool:
        """Tell whether a caller exceeds the calls per second, and count the call."""
        if self.limits.calls_per_second is None:
            return False
        recent, now = self._recent[caller], time.monotonic()
        while recent and now - recent[0] >= 1.0:
            recent.popleft()
        recent.append(now)
        return len(recent) > self.limits.calls_per_second

    def is_over_quota(self, caller: str) -> bool:
        """Tell whether a caller's Shanghai day is used up, and count the call."""
        if self.limits.calls_per_day is None:
            return False
        key = (caller, str(business_date(self.now())))
        self._per_day[key] += 1
        return self._per_day[key] > self.limits.calls_per_day

    def seconds(self) -> float:
        """Return the time by which robots count how often they are called."""
        return self.now().timestamp() if self.limits.is_rate_on_virtual_time else time.monotonic()

    def feishu_now(self) -> datetime:
        """Return the time by which Feishu judges timestamps."""
        return datetime.now(UTC) if self.limits.is_feishu_on_real_time else self.now()
