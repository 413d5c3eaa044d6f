"""The ledgers of alerts: what was found, said, tried, acknowledged; append-only, in the lake."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from alerts.incidents import Message

TRANSITIONS = "transitions"
NOTICES = "notices"
DELIVERIES = "deliveries"
ACKNOWLEDGEMENTS = "acknowledgements"
RESENDS = "resends"
TASK_RUNS = "task_runs"

Entry = dict[str, Any]


def in_order(entries: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Return transitions in the order in which they were found."""
    # ids of releases and turns move forward only; a machine's clock may go back
    return sorted(
        (dict(e) for e in entries),
        key=lambda e: (e["as_of_date"], e["release_id"], int(e.get("turn", 0)), e["alert_id"]),
    )


def heard_messages(entries: Iterable[Mapping[str, Any]]) -> dict[str, list[Message]]:
    """Map each incident to what the ledger says people were told of it, oldest first."""
    messages: dict[str, list[Message]] = {}
    for entry in in_order(entries):
        messages.setdefault(entry["goal_key"], []).append(
            Message(
                date.fromisoformat(entry["as_of_date"]),
                entry["transition"],
                entry["severity"],
                entry.get("inhibited_by"),
                entry.get("suppressed_by"),
            )
        )
    return messages


def newest_runs(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Map each task, and each DAG that had a late run, to what was last recorded of it."""
    return {e["subject"]: e for e in sorted(entries, key=lambda e: (e["at"], e["entry_id"]))}
