"""The outbox: transitions become notices, and each attempt to deliver one is a row.

A notice is written down, with its text, before it is sent, so that after a crash the same one is
sent again under the same id: at least once, and a repeat can be recognised.
"""

import fcntl
import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from types import ModuleType
from typing import Any

from alerts.channels import channel_module
from alerts.channels.model import Curve, Event, Notice, Receipt
from alerts.facts import read_curves
from alerts.ledgers import (
    ACKNOWLEDGEMENTS,
    DELIVERIES,
    NOTICES,
    RESENDS,
    TRANSITIONS,
    Entry,
    in_order,
)
from alerts.text import day
from alerts.words import WORDS
from extractors.core.credentials import read_connection
from extractors.core.errors import AuthError
from extractors.core.lake import Lake, open_lake
from extractors.core.model import Credential
from tidemark.clock import SHANGHAI
from tidemark.config.alerts import AlertConfig, Channel, Route, load_alerts
from tidemark.errors import TidemarkError
from tidemark.settings import Settings

logger = logging.getLogger(__name__)

ATTEMPTS_AT_MOST = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
SHOWN_OF_MANY = 5
ACKNOWLEDGED_FOR = timedelta(days=7)
GRAVITY = ("resolve", "warning", "critical", "missed")
NEWS, UNACKNOWLEDGED = "news", "unacknowledged"


class AlertError(TidemarkError):
    """A command about alerts cannot be followed."""


Connect = Callable[[str], Credential]


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
        asked = max((e["at"] for e in self.resends if e["notice_id"] == notice_id), default="")
        return [e for e in self._tried.get(notice_id, []) if e["attempted_at"] >= asked]

    def all_attempts(self, notice: Mapping[str, Any]) -> list[Entry]:
        """Return every attempt of a notice, oldest first."""
        return self._tried.get(notice["notice_id"], [])

    def is_settled(self, notice_id: str) -> bool:
        """Tell whether a channel took a notice, or never will."""
        attempts = self.attempts(notice_id)
        return bool(attempts) and attempts[-1]["outcome"] in ("delivered", "failed")


def read_box(lake: Lake) -> Box:
    """Read the ledgers once."""
    return Box(
        in_order(lake.ledger(TRANSITIONS)),
        sorted(lake.ledger(NOTICES), key=lambda e: (e["number"], e["notice_id"])),
        lake.ledger(DELIVERIES),
        lake.ledger(ACKNOWLEDGEMENTS),
        lake.ledger(RESENDS),
    )


def deliver(
    settings: Settings,
    *,
    connect: Connect = read_connection,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Send every notice that is due; return how many were accepted.

    One process at a time, so that nothing is sent twice and rates hold.
    """
    with _alone(settings):
        lake = open_lake(settings.lake_url, settings.copies_dir)
        config = load_alerts(settings.config_dir)
        now = settings.clock()
        box = read_box(lake)
        _write_down(lake, box, compose(box, config, now))
        accepted = _send_due(settings, lake, config, connect, sleep)
        box = read_box(lake)
        _write_down(lake, box, escalations(box, config, settings.clock()))
        return accepted + _send_due(settings, lake, config, connect, sleep)


def _write_down(lake: Lake, box: Box, notices: Iterable[Entry]) -> None:
    for number, notice in enumerate(notices, start=len(box.notices)):
        lake.append(NOTICES, notice["notice_id"], {**notice, "number": number})


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "alerts.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


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
        yield _notice(channel, entries, _of_many(entries, channel.language), config, now)
        return
    for entry in entries:
        text = entry["messages"][channel.language]
        yield _notice(channel, [entry], text, config, now)


def _notice(
    channel: Channel,
    entries: Sequence[Entry],
    text: str,
    config: AlertConfig,
    now: datetime,
    *,
    reason: str = NEWS,
    people: Sequence[str] | None = None,
) -> Entry:
    title, *lines = text.split("\n")
    worst = _worst_first(entries)[0]
    named = [name for e in entries for name in e["people"]] if people is None else people
    ids = (config.person(name).ids.get(channel.kind) for name in dict.fromkeys(named))
    return {
        "notice_id": _notice_id(channel.key, [e["alert_id"] for e in entries], reason),
        "channel": channel.key,
        "alert_ids": [e["alert_id"] for e in entries],
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
    code = "G-" + _notice_id("", [e["alert_id"] for e in entries], NEWS)[:6].upper()
    return "\n".join((f"{_colour(shown[0])}{title}", *lines, words.board.format(code=code)))


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


def escalations(box: Box, config: AlertConfig, now: datetime) -> list[Entry]:
    """Return notices to the next person about grave incidents that nobody acknowledged in time."""
    by_id = {entry["alert_id"]: entry for entry in box.transitions}
    newest = {entry["goal_key"]: entry["alert_id"] for entry in box.transitions}
    known = {notice["notice_id"] for notice in box.notices}
    found = []
    for notice in (n for n in box.notices if n["reason"] == NEWS and len(n["alert_ids"]) >= 1):
        delivered = [e for e in box.attempts(notice["notice_id"]) if e["outcome"] == "delivered"]
        if not delivered:
            continue
        since = datetime.fromisoformat(delivered[0]["attempted_at"])
        for entry in (by_id[alert_id] for alert_id in notice["alert_ids"]):
            route = config.route_of(entry["labels"])
            if (
                route is None
                or route.escalation is None
                or not _calls_for_somebody(entry)
                or newest[entry["goal_key"]] != entry["alert_id"]
                or now - since < route.escalation.after
                or _is_acknowledged(box, entry, now)
            ):
                continue
            following = _next_people(entry, config)
            for key in route.escalation.channels:
                channel = config.channel(key)
                text = WORDS[channel.language].escalated + entry["messages"][channel.language]
                made = _notice(
                    channel, [entry], text, config, now, reason=UNACKNOWLEDGED, people=following
                )
                if made["notice_id"] not in known:
                    found.append(made)
                    known.add(made["notice_id"])
    return found


def _calls_for_somebody(entry: Entry) -> bool:
    return entry["severity"] in ("critical", "missed") and entry["transition"] != "resolve"


def _next_people(entry: Entry, config: AlertConfig) -> list[str]:
    following = (config.person(name).next for name in entry["people"])
    return [name for name in dict.fromkeys(following) if name]


def _is_acknowledged(box: Box, entry: Entry, now: datetime) -> bool:
    return any(
        e["goal_key"] == entry["goal_key"]
        and now - datetime.fromisoformat(e["at"]) < ACKNOWLEDGED_FOR
        for e in box.acknowledgements
    )


def due(box: Box, now: datetime) -> list[tuple[Entry, int]]:
    """Return the notices to be sent now, oldest first, with the number of the attempt."""
    found = []
    left_alone = {channel for channel, until in box.left_alone.items() if now < until}
    for notice in box.notices:
        attempts = box.attempts(notice["notice_id"])
        if box.is_settled(notice["notice_id"]) or notice["channel"] in left_alone:
            continue
        if attempts:
            last = attempts[-1]
            tried_at = datetime.fromisoformat(last["attempted_at"])
            if now - tried_at < wait_after(len(attempts), last.get("wait_seconds", 0.0)):
                continue
        found.append((notice, len(attempts) + 1))
    return found


def wait_after(attempts: int, asked_seconds: float = 0.0) -> timedelta:
    """Return how long to wait after so many attempts; longer where the channel asks for it."""
    backoff: timedelta = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return max(backoff, timedelta(seconds=asked_seconds))


def _send_due(
    settings: Settings,
    lake: Lake,
    config: AlertConfig,
    connect: Connect,
    sleep: Callable[[float], None],
) -> int:
    box = read_box(lake)
    curves = read_curves(settings)
    accepted = 0
    blocked: set[str] = set()  # a channel that asked to be left alone is, for this run
    for entry, attempt in due(box, settings.clock()):
        channel = config.channel(entry["channel"])
        if channel.key in blocked:
            continue
        module = channel_module(channel.kind)
        notice = as_notice(entry, box.transitions, config, curves)
        receipt = _hand_over(module, notice, channel, connect, settings.clock())
        outcome = receipt.outcome
        if outcome == "retry" and attempt >= ATTEMPTS_AT_MOST:
            outcome = "failed"
        if receipt.wait_seconds:
            blocked.add(channel.key)
        _book(lake, entry, attempt, receipt, outcome, settings.clock())
        logger.info("%s to %s: %s (%s)", entry["title"], channel.key, outcome, receipt.response)
        accepted += outcome == "delivered"
        sleep(module.SECONDS_BETWEEN)
    return accepted


def _hand_over(
    module: ModuleType, notice: Notice, channel: Channel, connect: Connect, now: datetime
) -> Receipt:
    """Send a notice; a channel whose connection is missing keeps nobody else from hearing."""
    try:
        receipt: Receipt = module.send(notice, connect(channel.connection), now)
    except AuthError as error:
        return Receipt("retry", str(error))
    return receipt


def _book(
    lake: Lake, notice: Entry, attempt: int, receipt: Receipt, outcome: str, at: datetime
) -> None:
    lake.append(
        DELIVERIES,
        f"{notice['notice_id']}.{at:%Y%m%dT%H%M%S}.{attempt:02d}",
        {
            "notice_id": notice["notice_id"],
            "channel": notice["channel"],
            "attempted_at": at.isoformat(),
            "outcome": outcome,
            "response": receipt.response,
            "wait_seconds": receipt.wait_seconds,
            "rows": [{"alert_id": alert_id} for alert_id in notice["alert_ids"]],
        },
    )


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
        board_url=config.board_url,
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


def _when(entry: Entry) -> tuple[str, str]:
    return entry["attempted_at"], entry["entry_id"]


def acknowledge(
    settings: Settings, code: str, *, by: str, note: str, box: Box | None = None
) -> str:
    """Record that somebody is at an incident; return its key. AlertError names unknown ids."""
    lake = open_lake(settings.lake_url, settings.copies_dir)
    entry = _entry_of(box or read_box(lake), code)
    at = settings.clock().isoformat()
    row = {"goal_key": entry["goal_key"], "alert_id": entry["alert_id"], "by": by, "note": note}
    lake.append(ACKNOWLEDGEMENTS, f"{entry['alert_id']}.{at}", {**row, "at": at})
    return str(entry["goal_key"])


def ask_again(settings: Settings, code: str) -> int:
    """Ask for another round of attempts of what was given up; return how many notices that is."""
    lake = open_lake(settings.lake_url, settings.copies_dir)
    box = read_box(lake)
    alert_id = _entry_of(box, code)["alert_id"]
    at = settings.clock().isoformat()
    found = [
        notice
        for notice in box.notices
        if alert_id in notice["alert_ids"]
        and [e["outcome"] for e in box.attempts(notice["notice_id"])][-1:] == ["failed"]
    ]
    for notice in found:
        lake.append(
            RESENDS, f"{notice['notice_id']}.{at}", {"notice_id": notice["notice_id"], "at": at}
        )
    return len(found)


def _entry_of(box: Box, code: str) -> Entry:
    """Return the newest transition with a code (or an alert id)."""
    found = [e for e in box.transitions if code in (e["code"], e["alert_id"])]
    if not found:
        raise AlertError(f"no alert has the id {code!r}; tidemark alerts log shows them all")
    return found[-1]
