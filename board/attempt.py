"""What the last attempt at a release came to, as banners that people read first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from alerts.names import broken_rule, label
from board.figures import moment, short_day
from board.release import Published
from board.words import WORDS
from tidemark.clock import business_date
from tidemark.settings import Settings
from warehouse.status import read_status

#: outcomes that keep new numbers from readers, and how grave that is
GRAVE: Mapping[str, str] = {
    "gate_failed": "bad",
    "build_failed": "bad",
    "no_room": "bad",
    "held": "warn",
    "rolled_back": "warn",
    "waiting": "info",
}
SHOWN_AT_MOST = 5
OLD_DAYS = 2


@dataclass(frozen=True)
class Banner:
    """One thing to know before the numbers are read; tone is bad, warn or info."""

    kind: str
    tone: str
    title: str
    lines: tuple[str, ...] = ()


def banners(settings: Settings, published: Published, language: str) -> list[Banner]:
    """Return what is wrong with the release that is shown, the gravest first."""
    found = [
        *_attempt(settings, published, language),
        *_late(published, language),
        *_old(settings, published, language),
    ]
    return sorted(found, key=lambda banner: ("bad", "warn", "info").index(banner.tone))


def _attempt(settings: Settings, published: Published, language: str) -> list[Banner]:
    words = WORDS[language]
    try:
        status = read_status(settings)
        outcome, at = status.get("outcome", ""), status.get("at")
        told = [*status.get("failures", []), *status.get("refused_slices", [])]
        told += status.get("waiting_for", []) if outcome == "waiting" else []
        reason = str(status.get("reason", ""))
        when = moment(datetime.fromisoformat(at), language) if at else "–"
    except (OSError, ValueError, TypeError, AttributeError) as error:
        text = words["damaged_text"].format(reason=_plain(error))
        return [Banner("damaged", "warn", words["damaged"], (text,))]
    if outcome not in GRAVE:
        return []
    shown = [broken_rule(str(line), language) for line in told] or [reason]
    lines = (*_first(shown), _shown(published, language))
    return [Banner(outcome, GRAVE[outcome], words[outcome].format(at=when), lines)]


def _plain(error: Exception) -> str:
    """Return what is wrong with the file; a machine's paths are no part of a page."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return type(error).__name__ if isinstance(error, OSError) else str(error)


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - SHOWN_AT_MOST
    return [*lines[:SHOWN_AT_MOST], *([f"+ {more}"] if more > 0 else [])]


def _shown(published: Published, language: str) -> str:
    words, release = WORDS[language], published.release
    if release is None:
        return words["shown_nothing"]
    at = moment(release.published_at, language)
    return words["shown"].format(day=short_day(release.as_of, language), at=at)


def _late(published: Published, language: str) -> list[Banner]:
    words = WORDS[language]
    if not published.late:
        return []
    names = dict.fromkeys(
        f"{label(source['platform'], language)} {source['stream']}" for source in published.late
    )
    read = [source["watermark"] for source in published.late if source["watermark"]]
    until = short_day(min(read, default=None), language) if read else words["never"]
    stale = sum(goal["reason"] == "stale_source" for goal in published.goals)
    title = words["late_title"].format(
        names="、".join(names) if language == "zh" else ", ".join(names)
    )
    lines = [words["late_until"].format(until=until)]
    if stale:
        lines.append(words["late_goals"].format(n=stale))
    return [Banner("late", "warn", title, tuple(lines))]


def _old(settings: Settings, published: Published, language: str) -> list[Banner]:
    if published.release is None:
        return []
    words, as_of = WORDS[language], published.release.as_of
    yesterday: date = business_date(settings.clock()) - timedelta(days=1)
    behind: Any = (yesterday - as_of).days
    if behind < OLD_DAYS:
        return []
    text = words["old_text"].format(
        yesterday=short_day(yesterday, language), day=short_day(as_of, language)
    )
    return [Banner("old", "warn", words["old_title"].format(n=behind), (text,))]
