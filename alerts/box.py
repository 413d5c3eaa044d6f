"""The ledgers of the outbox, read once: transitions, notices, attempts, what people answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from alerts.ledgers import (
    ACKNOWLEDGEMENTS,
    DELIVERIES,
    NOTICES,
    RESENDS,
    TRANSITIONS,
    Entry,
    in_order,
)
from extractors.core.lake import Lake
from tidemark.errors import TidemarkError


class AlertError(TidemarkError):
    """A command about alerts cannot be followed."""


@dataclass(frozen=True)
class Box:
    """The ledgers of the outbox as they are now."""

    transitions: Sequence[Entry]
    notices: Sequence[Entry]
    deliveries: Sequence[Entry]
    acknowledgements: Sequence[Entry]
    resends: Sequence[Entry]

    @cached_property
    def _tried(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(self.deliveries, key=_when):
            found[entry["notice_id"]].append(entry)
        return found

    @cached_property
    def _asked(self) -> dict[str, str]:
        """When a notice was last asked for again."""
        return {e["notice_id"]: e["at"] for e in sorted(self.resends, key=lambda e: e["at"])}

    @cached_property
    def left_alone(self) -> dict[str, datetime]:
        """Until when channels asked to be left alone, by their newest answer."""
        newest = {entry["channel"]: entry for entry in sorted(self.deliveries, key=_when)}
        return {
            channel: datetime.fromisoformat(entry["attempted_at"])
            + timedelta(seconds=entry["wait_seconds"])
            for channel, entry in newest.items()
        }

    def attempts(self, notice_id: str) -> list[Entry]:
        """Return the attempts of a notice since it was last asked for, oldest first."""
        asked = self._asked.get(notice_id, "")
        return [e for e in self._tried.get(notice_id, []) if e["attempted_at"] >= asked]

    def all_attempts(self, notice: Mapping[str, str]) -> list[Entry]:
        """Return every attempt of a notice, oldest first."""
        return self._tried.get(notice["notice_id"], [])

    def is_settled(self, notice_id: str) -> bool:
        """Tell whether a channel took a notice, or never will."""
        attempts = self.attempts(notice_id)
        return bool(attempts) and attempts[-1]["outcome"] in ("delivered", "failed")

    def meant_by(self, code: str) -> list[Entry]:
        """Return the transitions that an id of a message names: one, or all of a group.

        AlertError says that no message bears it.
        """
        wanted = code.strip()
        alone = [e for e in self.transitions if wanted in (e["code"], e["alert_id"])]
        if alone:
            return alone[-1:]
        told = [n["alert_ids"] for n in self.notices if wanted == n.get("code")]
        if not told or not wanted:
            raise AlertError(f"no alert has the id {code!r}; tidemark alerts log shows them all")
        return [entry for entry in self.transitions if entry["alert_id"] in told[-1]]


def read_box(lake: Lake) -> Box:
    """Read the ledgers once."""
    return Box(
        in_order(lake.ledger(TRANSITIONS)),
        sorted(lake.ledger(NOTICES), key=lambda e: (e["number"], e["notice_id"])),
        lake.ledger(DELIVERIES),
        lake.ledger(ACKNOWLEDGEMENTS),
        lake.ledger(RESENDS),
    )


def _when(entry: Entry) -> tuple[str, str]:
    return entry["attempted_at"], entry["entry_id"]
