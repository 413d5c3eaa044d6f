"""What the robots of all messengers share: who they are, how often they may be called, memory."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.state import State
from sandbox.world import Bot


@dataclass
class Rates:
    """How often each robot may be called: pairs of a count and its seconds."""

    limits: tuple[tuple[int, float], ...]
    block_seconds: float = 0.0  # how long a robot that was called too often takes nothing
    _recent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _blocked_until: dict[str, float] = field(default_factory=dict)

    def is_too_fast(self, robot: str, now: float) -> bool:
        """Tell whether a call is one too many, and count it."""
        if now < self._blocked_until.get(robot, now):
            return True
        recent = self._recent[robot]
        while recent and now - recent[0] >= max(seconds for _, seconds in self.limits):
            recent.popleft()
        recent.append(now)
        for count, seconds in self.limits:
            if sum(1 for at in recent if now - at < seconds) > count:
                self._blocked_until[robot] = now + self.block_seconds
                return True
        return False


def robot(state: State, kind: str, token: str) -> Bot | None:
    """Return the robot of a messenger with that token."""
    return next((b for b in state.world.bots if (b.kind, b.token) == (kind, token)), None)


def remember(state: State, name: str, text: str, body: Any) -> None:
    """Keep a message that was taken."""
    state.messages.append({"bot": name, "at": state.now().isoformat(), "text": text, "body": body})
