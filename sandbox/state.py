"""What the running sandbox remembers: tokens, quotas, calls, messages."""

import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults import Fault, Faults
from sandbox.world import World


@dataclass
class IssuedToken:
    """A token that was handed out, to whom, and until when on the virtual clock."""

    owner: str
    value: str
    expires_at: datetime


@dataclass
class Limits:
    """How much a caller may ask; None is no limit. Figures nobody publishes are assumed."""

    calls_per_second: float | None = None
    calls_per_day: int | None = None


@dataclass
class State:
    """Everything that changes while the sandbox runs."""

    world: World
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    tokens: dict[str, IssuedToken] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    _recent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _per_day: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def issue(self, prefix: str, owner: str, seconds: int) -> IssuedToken:
        """Hand out a new access token."""
        value = f"{prefix}{secrets.token_hex(12)}"
        token = IssuedToken(owner, value, self.now() + timedelta(seconds=seconds))
        self.tokens[value] = token
        return token

    def owner_of(self, value: str) -> str | None:
        """Return who a token belongs to, "" when it has expired, None when it is unknown."""
        token = self.tokens.get(value)
        if token is None:
            return None
        return token.owner if token.expires_at > self.now() else ""

    def route_fault(self, path: str) -> Fault | None:
        """Return the fault that the platform itself answers with, if one hits this call."""
        found = self.faults.take(
            path, frozenset({"error_code", "rate_limit", "quota", "expire_token"})
        )
        if found and found[0].kind == "expire_token":
            for token in self.tokens.values():
                token.expires_at = self.now() - timedelta(seconds=1)
            return None
        return found[0] if found else None

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
        """Tell whether a caller's day is used up, and count the call."""
        if self.limits.calls_per_day is None:
            return False
        self._per_day[(caller, str(self.now().date()))] += 1
        return self._per_day[(caller, str(self.now().date()))] > self.limits.calls_per_day
