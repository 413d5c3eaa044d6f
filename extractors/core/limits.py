"""At most N calls a second per credential, shared by the threads that use it."""

import threading
import time
from collections.abc import Callable

# the network does not keep the spacing: a margin, so that no second at the server sees N + 1
USED_SHARE = 0.97
# a caller who is late by a moment gets its turn back; even so no second holds N + 1, because
# USED_SHARE * (1 + this) is below 1
LATE_SECONDS = 0.02


class RateLimit:
    """Even permits at 97 % of the rate; no second ever holds more than N of them (N whole)."""

    def __init__(
        self,
        calls_per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if calls_per_second <= 0:
            raise ValueError(f"calls_per_second must be positive, not {calls_per_second}")
        self._spacing = 1.0 / (calls_per_second * USED_SHARE)
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def acquire(self) -> None:
        """Return when the next call may start."""
        with self._lock:
            start = max(self._now() - LATE_SECONDS, self._next)
            self._next = start + self._spacing
        while (wait := start - self._now()) > 0:
            self._sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let no call start for a while, for all threads: the platform said so."""
        with self._lock:
            self._next = max(self._next, self._now() + seconds)
