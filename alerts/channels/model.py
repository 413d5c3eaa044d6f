"""What a channel is handed, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Outcome = Literal["delivered", "retry", "failed"]
Tone = Literal["warning", "critical", "resolved", "data", "blocked"]
Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Receipt:
    """How one attempt ended; response never holds a secret.

    wait_seconds is how long the channel asks to be left alone before it is tried again.
    """

    outcome: Outcome
    response: str
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class Curve:
    """A goal's way so far, one value per day; None is a day without a number."""

    days: tuple[date, ...]
    actual: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    target: float


@dataclass(frozen=True)
class Event:
    """One incident's change that a message speaks of.

    incident and labels identify it for as long as it is open; summary is a line of text.
    """

    alert_id: str
    code: str
    incident: str
    transition: str
    labels: Mapping[str, str]
    summary: str
    is_open: bool
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Notice:
    """One message to one channel, in the channel's language, as plain text.

    notice_id is the same whenever the message is sent again. title and lines hold whatever people
    typed into names: a channel escapes them. mentions are ids as this channel spells them.
    """

    notice_id: str
    title: str
    lines: tuple[str, ...]
    tone: Tone = "warning"
    language: Language = "zh"
    board_url: str = ""
    mentions: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    curve: Curve | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The whole message as plain text."""
        return "\n".join((self.title, *self.lines))
