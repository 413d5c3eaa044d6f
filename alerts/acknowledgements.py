"""Somebody is at it: which incidents are open, who acknowledged them, and acknowledging itself.

`acknowledge` and `open_incidents` are all that a command, a page or an endpoint needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.box import AlertError, read_box
from alerts.ledgers import ACKNOWLEDGEMENTS, Entry, in_order
from extractors.core.lake import open_lake
from tidemark.settings import Settings

ACKNOWLEDGED_FOR = timedelta(days=7)
NAME_CHARACTERS, NOTE_CHARACTERS = 64, 500


@dataclass(frozen=True)
class Acknowledgement:
    """Who said when that they are at an incident, and what they do about it."""

    by: str
    note: str
    at: datetime

    def holds(self, now: datetime) -> bool:
        """Tell whether reminders and escalation still rest."""
        return now - self.at < ACKNOWLEDGED_FOR


@dataclass(frozen=True)
class OpenIncident:
    """An incident that people were told of and that is not over, by its newest message."""

    code: str
    incident: str
    level: str
    as_of: str
    messages: Mapping[str, str]  # by language
    acknowledgement: Acknowledgement | None

    @property
    def titles(self) -> dict[str, str]:
        """The first line of the message by language."""
        return {language: text.partition("\n")[0] for language, text in self.messages.items()}


def acknowledge(settings: Settings, code: str, *, by: str, note: str = "") -> tuple[str, ...]:
    """Record that somebody is at what a message tells of; return the keys of the incidents.

    code is the id that the message shows, a group's too. AlertError names an unknown id, a missing
    or overlong name or note, and what is over already.
    """
    name = _plain("by", by, NAME_CHARACTERS, is_needed=True)
    said = _plain("note", note, NOTE_CHARACTERS)
    lake = open_lake(settings.lake_url, settings.copies_dir)
    box = read_box(lake)
    meant = box.meant_by(code)
    newest = newest_told(box.transitions)
    still_open = [e for e in meant if newest[e["goal_key"]]["transition"] != "resolve"]
    if not still_open:
        over = ", ".join(newest[e["goal_key"]]["code"] for e in meant)
        raise AlertError(f"{code.strip()} is over, as {over} told: nothing to acknowledge")
    at = settings.clock().isoformat()
    for entry in still_open:
        row = {"goal_key": entry["goal_key"], "alert_id": entry["alert_id"], "by": name, "at": at}
        lake.append(ACKNOWLEDGEMENTS, f"{entry['alert_id']}.{at}", {**row, "note": said})
    return tuple(entry["goal_key"] for entry in still_open)


def open_incidents(settings: Settings) -> list[OpenIncident]:
    """Return what people were told of and is not over, the newest first."""
    box = read_box(open_lake(settings.lake_url, settings.copies_dir))
    acknowledged = acknowledgements(box.transitions, box.acknowledgements)
    found = [
        OpenIncident(
            entry["code"],
            key,
            entry["severity"],
            entry["as_of_date"],
            entry["messages"],
            acknowledged.get(key),
        )
        for key, entry in newest_told(box.transitions).items()
        if entry["transition"] != "resolve" and not _is_withheld(entry)
    ]
    return sorted(found, key=lambda incident: (incident.as_of, incident.code), reverse=True)


def acknowledgements(
    transitions: Iterable[Entry], rows: Iterable[Entry]
) -> dict[str, Acknowledgement]:
    """Map each incident to its newest acknowledgement; what is over takes its own with it."""
    ordered = in_order(transitions)
    place = {entry["alert_id"]: number for number, entry in enumerate(ordered)}
    ended = {e["goal_key"]: n for n, e in enumerate(ordered) if e["transition"] == "resolve"}
    return {
        row["goal_key"]: Acknowledgement(row["by"], row["note"], datetime.fromisoformat(row["at"]))
        for row in sorted(rows, key=lambda row: (row["at"], row["entry_id"]))
        if place.get(row["alert_id"], -1) > ended.get(row["goal_key"], -1)
    }


def newest_told(transitions: Sequence[Entry]) -> dict[str, Entry]:
    """Map each incident to its newest transition that reached people, or the newest of all."""
    newest = {entry["goal_key"]: entry for entry in transitions}
    return newest | {e["goal_key"]: e for e in transitions if not _is_withheld(e)}


def _is_withheld(entry: Entry) -> bool:
    return bool(entry["inhibited_by"] or entry["suppressed_by"])


def _plain(name: str, text: str, at_most: int, *, is_needed: bool = False) -> str:
    """Return a text as one line; AlertError says that it is missing or too long."""
    line = " ".join(text.split())
    if is_needed and not line:
        raise AlertError(f"{name} is empty: write who is at it")
    if len(line) > at_most:
        raise AlertError(f"{name} has {len(line)} characters: write at most {at_most}")
    return line
