"""How figures, days and names are written, in the language of a page."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from alerts.names import label
from alerts.text import day, number, percent, quotient
from alerts.words import WORDS as MESSAGE_WORDS
from board.words import VERDICTS, WORDS
from tidemark.clock import SHANGHAI

Row = Mapping[str, Any]

#: units whose figures are quotients or amounts; everything else is counted
WRITTEN_OUT = frozenset({"share", "multiple", "seconds"})


def figure(value: float | None, unit: str | None, language: str, *, up: bool = False) -> str:
    """Write a figure in the unit of its metric; a dash where there is none."""
    if value is None:
        return "–"
    if unit in WRITTEN_OUT:
        return quotient(value, str(unit), MESSAGE_WORDS[language])
    text = number(value, up=up, language=language)
    return f"¥{text}" if unit == "cny" else text


def share(value: float | None) -> str:
    """Write a share with one decimal; a dash where there is none."""
    return "–" if value is None else percent(value)


def gap(goal: Row, language: str) -> tuple[str, str]:
    """Return what the distance to the target is called, and the distance without a sign."""
    words, value = WORDS[language], goal["gap"]
    if value is None:
        return words["gap"], "–"
    if goal["direction"] == "lower":
        name = words["room"] if value >= 0 else words["exceeded"]
    else:
        name = words["gap"] if value > 0 else words["over"]
    if goal["unit"] == "share":
        return name, f"{abs(value) * 100:.2f} {words['points']}"
    return name, figure(abs(value), goal["unit"], language, up=value > 0)


def verdict(row: Row) -> tuple[str, str]:
    """Return a verdict's light and the key of its word."""
    if row.get("reason") == "phase_not_started":
        return "upcoming", "verdict_upcoming"
    severity = row["severity"] if row["status"] in ("at_risk", "missed") else None
    known = VERDICTS.get((row["status"], severity))
    return known or next(v for (status, _), v in VERDICTS.items() if status == row["status"])


def metric_name(goal: Row, language: str) -> str:
    """Return how a goal's metric is called, with its basis where it has one."""
    name = str(goal[f"name_{language}"] or goal["metric"])
    if goal["basis"] in (None, "-"):
        return name
    basis = WORDS[language].get(f"basis_{goal['basis']}", goal["basis"])
    return f"{name}（{basis}）" if language == "zh" else f"{name} ({basis})"


def scope_name(goal: Row, language: str) -> str:
    """Return whose figures a goal judges: an account, a platform, or the brand."""
    if goal["account_name"]:
        return str(goal["account_name"])
    return label(goal["platform"], language) if goal["platform"] else str(goal["brand_key"])


def one_language(name: str | None, language: str) -> str:
    """Return the half of a name that people wrote in both languages, as 新品 / Launch."""
    zh, _, en = (name or "").partition(" / ")
    return (en or zh) if language == "en" else zh


def short_day(value: date | None, language: str) -> str:
    """Write a day as people say it; a dash where there is none."""
    return "–" if value is None else day(value, language)


def moment(value: datetime, language: str) -> str:
    """Write a moment of Shanghai."""
    local = value.astimezone(SHANGHAI)
    return f"{day(local.date(), language)} {local:%H:%M}"
