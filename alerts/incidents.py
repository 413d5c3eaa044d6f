"""The state of a goal's incident, and the one message it may owe (rules S1 to S8).

Pure functions over plain data. `fold` walks all as-of days in order; `owed` compares the state now
with what was last told, so that a re-run, a backfill or a late day never tells twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Transition = Literal["fire", "escalate", "remind", "resolve"]

SEVERITY_ORDER = ("warning", "critical", "missed")
REMIND_AFTER = timedelta(days=7)
ON_TRACK_DAYS_TO_CLOSE = 2


@dataclass(frozen=True)
class Verdict:
    """What an as-of day said about a goal."""

    as_of: date
    status: str  # met, on_track, at_risk, missed, no_data
    severity: str | None = None
    is_final: bool = False
    restated_from: str | None = None
    pace: float | None = None

    @property
    def level(self) -> str:
        """The severity in the order warning < critical < missed."""
        return "missed" if self.status == "missed" else (self.severity or "warning")


@dataclass(frozen=True)
class Incident:
    """The state of a goal after the newest as-of day."""

    is_open: bool = False
    opened_on: date | None = None
    level: str | None = None
    closed_on: date | None = None
    is_silent: bool = False  # closed without a word, because a missed goal became final
    on_track_days: int = 0


@dataclass(frozen=True)
class Told:
    """What people have heard of a goal's incident so far."""

    is_open: bool = False
    highest: str | None = None
    fired_on: date | None = None
    last_on: date | None = None


@dataclass(frozen=True)
class Message:
    """One ledger entry's worth of what was told (or held back) for a goal."""

    as_of: date
    transition: Transition
    level: str
    inhibited_by: str | None = None
    suppressed_by: str | None = None


def fold(verdicts: Iterable[Verdict]) -> Incident:
    """Return the incident after all verdicts, given in as-of order."""
    state = Incident()
    for verdict in verdicts:
        state = _after(state, verdict)
    return state


def _after(state: Incident, verdict: Verdict) -> Incident:
    if verdict.status == "no_data":
        return state
    is_known = (state.is_open or state.is_silent) and state.level == "missed"
    if verdict.status == "missed" and verdict.is_final and is_known:
        # the end of the story: whoever was told knows, and nothing more will change
        return Incident(False, state.opened_on, "missed", state.closed_on or verdict.as_of, True)
    if verdict.status in {"at_risk", "missed"}:
        opened_on = state.opened_on if state.is_open else verdict.as_of
        return Incident(True, opened_on, verdict.level)
    if not state.is_open:
        return state
    days = ON_TRACK_DAYS_TO_CLOSE if verdict.status == "met" else state.on_track_days + 1
    if days >= ON_TRACK_DAYS_TO_CLOSE:
        return Incident(False, state.opened_on, state.level, verdict.as_of)
    return Incident(True, state.opened_on, state.level, on_track_days=days)


def told(messages: Iterable[Message], *, with_silenced: bool = False) -> Told:
    """Return what was told by messages in order; held-back ones were not heard.

    with_silenced: also those that a silence kept, so that it records a change once.
    """
    state = Told()
    for message in messages:
        if message.inhibited_by or (message.suppressed_by and not with_silenced):
            continue
        if message.transition == "resolve":
            state = Told(False, None, state.fired_on, message.as_of)
        elif message.transition == "fire":
            state = Told(True, message.level, message.as_of, message.as_of)
        else:
            highest = worse(state.highest, message.level)
            state = Told(True, highest, state.fired_on, message.as_of)
    return state


def worse(one: str | None, other: str) -> str:
    """Return the graver of two levels."""
    if one is None:
        return other
    return max(one, other, key=SEVERITY_ORDER.index)


def owed(
    incident: Incident,
    heard: Told,
    newest: Verdict,
    *,
    was_silenced: bool = False,
    is_acknowledged: bool = False,
) -> Transition | None:
    """Return the message that the net change since last told calls for, if any.

    was_silenced: a silence that has ended kept the last change from people; is_acknowledged:
    somebody said within seven days that they are at it.
    """
    if newest.status == "no_data":
        return None
    if not incident.is_open:
        return "resolve" if heard.is_open and not incident.is_silent else None
    if was_silenced:
        return "remind" if newest.status in {"at_risk", "missed"} else None
    if not heard.is_open:
        return "fire"
    level = incident.level or "warning"
    if worse(heard.highest, level) != heard.highest:
        return "escalate"
    is_due = heard.last_on is not None and newest.as_of - heard.last_on >= REMIND_AFTER
    is_due = is_due and not is_acknowledged
    return "remind" if is_due and newest.status == "at_risk" else None


def is_announced(phase_ends_on: date, first_release_as_of: date) -> bool:
    """Tell whether a goal is spoken of at all: phases closed before the first release are not."""
    return phase_ends_on >= first_release_as_of


def held_back_by(open_phase_goals: Sequence[str]) -> str | None:
    """Return the phase goal that speaks for its campaign while it is at risk, if any."""
    return open_phase_goals[0] if open_phase_goals else None
