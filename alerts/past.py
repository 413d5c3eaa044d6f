"""What the ledgers say people were told and have acknowledged so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.acknowledgements import Acknowledgement, acknowledgements
from alerts.incidents import Message
from alerts.ledgers import ACKNOWLEDGEMENTS, TRANSITIONS, heard_messages
from extractors.core.lake import Lake


@dataclass(frozen=True)
class Past:
    """Messages and the standing acknowledgement by incident."""

    heard: Mapping[str, list[Message]] = field(default_factory=dict)
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)

    def is_acknowledged(self, key: str, now: datetime) -> bool:
        """Tell whether somebody said within seven days that they are at an open incident."""
        answer = self.acknowledged.get(key)
        return answer is not None and answer.holds(now)

    def ended_silent(self, key: str) -> bool:
        """Tell whether a silence kept the last change, and that was not the end of it."""
        last = next(reversed(self.heard.get(key, [])), None)
        return last is not None and last.suppressed_by is not None and last.transition != "resolve"


def read_past(lake: Lake) -> Past:
    """Return what was said and acknowledged so far."""
    transitions = lake.ledger(TRANSITIONS)
    return Past(
        heard_messages(transitions), acknowledgements(transitions, lake.ledger(ACKNOWLEDGEMENTS))
    )
