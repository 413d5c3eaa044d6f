"""From transitions to notices: what is told together, in which words, to which channel.

Nothing is sent here: the same ledgers, configuration and moment give the same notices.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.box import Box
from alerts.channels.model import Curve, Event, Notice
from alerts.ledgers import Entry
from alerts.links import board_link
from alerts.text import day
from alerts.words import WORDS
from tidemark.clock import SHANGHAI
from tidemark.config.alerts import AlertConfig, Channel, Route

SHOWN_OF_MANY = 5
GRAVITY = ("resolve", "warning", "critical", "missed")
NEWS = "news"


def compose(box: Box, config: AlertConfig, now: datetime) -> list[Entry]:
    """Return the notices that new transitions call for; quiet hours hold theirs back for later."""
    begun = {(alert_id, n["channel"]) for n in box.notices for alert_id in n["alert_ids"]}
    waiting: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    routes: dict[tuple[str, int], Route] = {}
    for entry in box.transitions:
        route = config.route_of(entry["labels"])
        if entry["inhibited_by"] or entry["suppressed_by"] or route is None:
            continue
        if route.quiet is not None and route.quiet.holds(now, entry["severity"]):
            continue
        for key in route.channels:
            if (entry["alert_id"], key) not in begun:
                place = (key, config.routes.index(route))
                waiting[place].append(entry)
                routes[place] = route
    return [
        notice
        for place, entries in waiting.items()
        for notice in notices_of(
            entries, config.channel(place[0]), config, now, group_from=routes[place].group_from
        )
    ]


def notices_of(
    entries: Sequence[Entry],
    channel: Channel,
    config: AlertConfig,
    now: datetime,
    *,
    group_from: int | None = None,
) -> Iterator[Entry]:
    """Yield a notice per transition, or one about all where there are so many."""
    if group_from is not None and len(entries) >= group_from:
        yield notice_of(channel, entries, _of_many(entries, channel.language), config, now)
        return
    for entry in entries:
        text = entry["messages"][channel.language]
        yield notice_of(channel, [entry], text, config, now)


def notice_of(
    channel: Channel,
    entries: Sequence[Entry],
    text: str,
    config: AlertConfig,
    now: datetime,
    *,
    reason: str = NEWS,
    people: Sequence[str] | None = None,
) -> Entry:
    """Return a notice of transitions in given words; it mentions people, or theirs."""
    title, *lines = text.split("\n")
    worst = _worst_first(entries)[0]
    named = [name for e in entries for name in e["people"]] if people is None else people
    ids = (config.person(name).ids.get(channel.kind) for name in dict.fromkeys(named))
    return {
        "notice_id": _notice_id(channel.key, [e["alert_id"] for e in entries], reason),
        "channel": channel.key,
        "alert_ids": [e["alert_id"] for e in entries],
        "code": _code(entries),
        "reason": reason,
        "created_at": now.isoformat(),
        "title": title,
        "lines": lines,
        "tone": worst["tone"],
        "language": channel.language,
        "mentions": [found for found in ids if found],
    }


def _notice_id(channel: str, alert_ids: Sequence[str], reason: str) -> str:
    return hashlib.sha256("|".join((channel, reason, *alert_ids)).encode()).hexdigest()[:16]


def _of_many(entries: Sequence[Entry], language: str) -> str:
    """Return one text about many transitions: the worst five, and how many there are besides."""
    words = WORDS[language]
    shown = _worst_first(entries)
    brands = sorted({e["labels"]["brand"] for e in entries} - {"-"})
    newest = max(datetime.fromisoformat(e["as_of_date"]).date() for e in entries)
    title = words.many.format(n=len(entries), subject=" ".join(brands), day=day(newest, language))
    lines = [e["lines"][language] for e in shown[:SHOWN_OF_MANY]]
    if len(entries) > SHOWN_OF_MANY:
        lines.append(words.more.format(n=len(entries) - SHOWN_OF_MANY))
    return "\n".join(
        (f"{_colour(shown[0])}{title}", *lines, words.board.format(code=_code(entries)))
    )


def _code(entries: Sequence[Entry]) -> str:
    """Return the id that people quote: a transition's own, or one of the whole group."""
    if len(entries) == 1:
        return str(entries[0]["code"])
    return "G-" + _notice_id("", [e["alert_id"] for e in entries], NEWS)[:6].upper()


def _colour(entry: Entry) -> str:
    return {"resolved": "🟢", "warning": "🟡", "data": "⚪", "blocked": "🛑"}.get(
        entry["tone"], "🔴"
    )


def _worst_first(entries: Iterable[Entry]) -> list[Entry]:
    def gravity(entry: Entry) -> tuple[int, float, str]:
        level = "resolve" if entry["transition"] == "resolve" else entry["severity"]
        attained = entry.get("attainment")
        return (-GRAVITY.index(level), 0.0 if attained is None else attained, entry["goal_key"])

    return sorted(entries, key=gravity)


def as_notice(
    entry: Mapping[str, Any],
    transitions: Iterable[Entry],
    config: AlertConfig,
    curves: Callable[[str], Curve | None],
) -> Notice:
    """Return a written notice as channels are handed it."""
    told = {e["alert_id"]: e for e in transitions}
    entries = [told[alert_id] for alert_id in entry["alert_ids"]]
    curve = curves(entries[0]["goal_key"]) if len(entries) == 1 else None
    return Notice(
        notice_id=entry["notice_id"],
        title=entry["title"],
        lines=tuple(entry["lines"]),
        tone=entry["tone"],
        language=entry["language"],
        board_url=board_link(config.board_url, [e["goal_key"] for e in entries]),
        mentions=tuple(entry["mentions"]),
        events=tuple(_event(e, entry["language"]) for e in entries),
        curve=curve,
    )


def _event(entry: Entry, language: str) -> Event:
    opened = datetime.fromisoformat(entry["incident_opened_on"]).replace(tzinfo=SHANGHAI)
    return Event(
        alert_id=entry["alert_id"],
        code=entry["code"],
        incident=entry["goal_key"],
        transition=entry["transition"],
        labels={k: v for k, v in entry["labels"].items() if v != "-"},
        summary=entry["lines"][language],
        is_open=entry["transition"] != "resolve",
        started_at=opened,
        changed_at=datetime.fromisoformat(entry["created_at"]),
    )
