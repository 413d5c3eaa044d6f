"""Who hears of a grave incident that nobody acknowledged in time."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from alerts.acknowledgements import Acknowledgement, acknowledgements
from alerts.box import Box
from alerts.ledgers import Entry
from alerts.notices import NEWS, notice_of
from alerts.words import WORDS
from tidemark.config.alerts import AlertConfig

UNACKNOWLEDGED = "unacknowledged"


def escalations(box: Box, config: AlertConfig, now: datetime) -> list[Entry]:
    """Return notices to the next person about grave incidents that nobody acknowledged in time."""
    acknowledged = acknowledgements(box.transitions, box.acknowledgements)
    written = {notice["notice_id"] for notice in box.notices}
    found = {
        made["notice_id"]: made
        for entry, told_at in _grave_and_told(box)
        if _is_overdue(entry, told_at, config, acknowledged, now)
        for made in _notices(entry, config, now)
    }
    return [made for notice_id, made in found.items() if notice_id not in written]


def _grave_and_told(box: Box) -> Iterator[tuple[Entry, datetime]]:
    """Yield each incident's newest transition if it is grave, with when it went out.

    What no channel took was written down and heard by nobody: the next person is all the more due.
    """
    by_id = {entry["alert_id"]: entry for entry in box.transitions}
    newest = {entry["goal_key"]: entry["alert_id"] for entry in box.transitions}
    for notice in (n for n in box.notices if n["reason"] == NEWS):
        attempts = box.attempts(notice["notice_id"])
        taken = [e["attempted_at"] for e in attempts if e["outcome"] == "delivered"]
        told_at = datetime.fromisoformat(taken[0] if taken else notice["created_at"])
        for entry in (by_id[alert_id] for alert_id in notice["alert_ids"]):
            if newest[entry["goal_key"]] == entry["alert_id"] and _calls_for_somebody(entry):
                yield entry, told_at


def _calls_for_somebody(entry: Entry) -> bool:
    return entry["severity"] in ("critical", "missed") and entry["transition"] != "resolve"


def _is_overdue(
    entry: Entry,
    told_at: datetime,
    config: AlertConfig,
    acknowledged: Mapping[str, Acknowledgement],
    now: datetime,
) -> bool:
    route = config.route_of(entry["labels"])
    if route is None or route.escalation is None or now - told_at < route.escalation.after:
        return False
    answer = acknowledged.get(entry["goal_key"])
    return answer is None or not answer.holds(now)


def _notices(entry: Entry, config: AlertConfig, now: datetime) -> Iterator[Entry]:
    route = config.route_of(entry["labels"])
    assert route is not None and route.escalation is not None
    people = _next_people(entry, config)
    for key in route.escalation.channels:
        channel = config.channel(key)
        text = WORDS[channel.language].escalated + entry["messages"][channel.language]
        yield notice_of(channel, [entry], text, config, now, reason=UNACKNOWLEDGED, people=people)


def _next_people(entry: Entry, config: AlertConfig) -> list[str]:
    following = (config.person(name).next for name in entry["people"])
    return [name for name in dict.fromkeys(following) if name]
