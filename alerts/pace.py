"""In which order notices go out, so that every channel keeps its rate and none holds up another."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alerts.ledgers import Entry

FAULTS_AT_MOST = 3

Work = tuple[Entry, int]  # a notice, and the number of the attempt


@dataclass
class Pace:
    """Hands out work channel by channel; sleeps no longer than until the next channel is free.

    It counts its own pauses: what a call itself takes comes on top, and is on the safe side.
    """

    seconds_between: Mapping[str, float]  # by channel, after each message
    sleep: Callable[[float], None]
    _elapsed: float = 0.0
    _free_at: dict[str, float] = field(default_factory=dict)
    _faults: dict[str, int] = field(default_factory=dict)
    _left_alone: set[str] = field(default_factory=set)

    def in_turn(self, work: Iterable[Work]) -> Iterator[Work]:
        """Yield the work in each channel's own order, whoever is free first."""
        queues: dict[str, deque[Work]] = {}
        for notice, attempt in work:
            queues.setdefault(notice["channel"], deque()).append((notice, attempt))
        while waiting := [c for c in queues if queues[c] and c not in self._left_alone]:
            channel = min(waiting, key=lambda c: self._free_at.get(c, 0.0))
            self._pause_until(self._free_at.get(channel, 0.0))
            yield queues[channel].popleft()
            self._free_at[channel] = self._elapsed + self.seconds_between[channel]
        self._pause_until(max(self._free_at.values(), default=0.0))

    def note(self, channel: str, *, is_fault: bool, asks_for_rest: bool = False) -> None:
        """Note how an attempt ended: a channel that keeps failing, or asks to, is left alone."""
        self._faults[channel] = self._faults.get(channel, 0) + 1 if is_fault else 0
        if asks_for_rest or self._faults[channel] >= FAULTS_AT_MOST:
            self._left_alone.add(channel)

    def _pause_until(self, moment: float) -> None:
        if moment > self._elapsed:
            self.sleep(moment - self._elapsed)
            self._elapsed = moment
