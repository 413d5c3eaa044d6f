"""The words of a goal's message: at most six lines and 220 characters, numbers people can check."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.words import WORDS, Words

WAN = 10_000
EXACT_BELOW = 100_000
NAME_CHARACTERS = 16
CHARACTERS_AT_MOST = 220

LETTERS = {"fire": "F", "escalate": "E", "remind": "M", "resolve": "S"}


@dataclass(frozen=True)
class Labels:
    """How a goal's metric and scope are called in messages of one language."""

    scope: str  # 抖音, or 抖音「艾可美官方旗舰」 where a goal is one account's
    metric: str  # 涨粉
    done: str  # 已涨
    code: str  # NF
    tag: str = ""  # tells goals apart that would have the same code
    language: str = "zh"

    @property
    def words(self) -> Words:
        """The phrases of the language."""
        return WORDS[self.language]

    @property
    def subject(self) -> str:
        """Scope and metric, as in 抖音涨粉."""
        return self.words.subject.format(scope=self.scope, metric=self.metric).strip()


@dataclass(frozen=True)
class Step:
    """What a playbook says to do first, and who does it."""

    text: str
    person: str


def alert_code(labels: Labels, figures: Mapping[str, Any], as_of: date, transition: str) -> str:
    """Return the short id people quote, such as NF2-0415F."""
    return (
        f"{labels.code}{figures['phase_no'] or 'A'}{labels.tag}-{as_of:%m%d}{LETTERS[transition]}"
    )


def number(
    value: float, *, wan_from: int = EXACT_BELOW, up: bool = False, language: str = "zh"
) -> str:
    """Write a count: exact below the limit, above it in 万 with at most two decimals.

    English has no 万: counts are exact below a million and in M above it.
    """
    if language == "en":
        if abs(value) < 1_000_000:
            return f"{math.ceil(value - 1e-9) if up else round(value):,}"
        return f"{value / 1_000_000:.2f}".rstrip("0").rstrip(".") + "M"
    if abs(value) < wan_from:
        return f"{math.ceil(value - 1e-9) if up else round(value):,}"
    return f"{value / WAN:.2f}".rstrip("0").rstrip(".") + " 万"


def percent(value: float) -> str:
    """Write a share with one decimal, as in 47.0%."""
    return f"{value * 100:.1f}%"


def quotient(value: float, unit: str, words: Words) -> str:
    """Write a ratio or a percentile in the unit of its metric."""
    if unit == "seconds":
        return duration(value, words)
    if unit == "cny":
        return words.cny.format(value=value)
    return f"{value * 100:.2f}%" if unit == "share" else f"{value:.2f}"


def duration(seconds: float, words: Words = WORDS["zh"]) -> str:
    """Write seconds in the largest units that people would use, as in 2 小时 5 分."""
    whole = round(seconds)
    if whole < 120:
        return words.seconds.format(n=whole)
    hours, minutes = divmod(round(whole / 60), 60)
    if hours:
        return words.hours.format(hours=hours, minutes=minutes)
    return words.minutes.format(n=minutes)


def day(value: date, language: str = "zh") -> str:
    """Write a day as people say it, as in 4/15 or Apr 15."""
    return f"{value.month}/{value.day}" if language == "zh" else f"{value:%b} {value.day}"


def shortened(name: str, at_most: int = NAME_CHARACTERS) -> str:
    """Write a name so that a message keeps its length."""
    return name if len(name) <= at_most else f"{name[: at_most - 1]}…"


def render(
    transition: str,
    level: str,
    figures: Mapping[str, Any],
    labels: Labels,
    *,
    since: date,
    is_correction: bool = False,
    step: Step | None = None,
) -> str:
    """Return the message's text; since is the day the incident opened or was told."""
    words = labels.words
    code = alert_code(labels, figures, figures["as_of_date"], transition)
    lines = [
        headline(transition, level, figures, labels, is_correction=is_correction),
        _progress(figures, labels, with_plan=transition != "resolve"),
        _needed(figures, transition, labels),
        _tail(transition, figures, labels, since),
        words.board.format(code=code),
    ]
    if transition == "resolve":
        lines[1] += _steady(figures, words)
    elif step and not _is_closed(figures):
        room = CHARACTERS_AT_MOST - sum(len(line) + 1 for line in lines if line)
        lines.insert(3, _step(step, words, room))
    return "\n".join(line for line in lines if line)


def headline(
    transition: str,
    level: str,
    figures: Mapping[str, Any],
    labels: Labels,
    *,
    is_correction: bool = False,
) -> str:
    """Return the first line: colour, kind, what and which phase."""
    words = labels.words
    where = words.whole_campaign
    if figures["phase_no"]:
        where = words.phase.format(no=figures["phase_no"], name=shortened(figures["phase_name"]))
    if transition == "resolve":
        how = words.met if figures["status"] == "met" else words.back_on_plan
        return words.resolve.format(subject=labels.subject, where=where, how=how)
    marks = (words.correction if is_correction else "") + (
        words.reminder if transition == "remind" else ""
    )
    behind = (words.too_high if _is_lower_better(figures) else words.behind)[level]
    return words.head[level] + words.fire.format(
        marks=marks, subject=labels.subject, behind=behind, where=where
    )


def summary(transition: str, level: str, figures: Mapping[str, Any], labels: Labels) -> str:
    """Return one line for a message about many goals: the first line, progress and the id."""
    progress = ""
    if figures["attainment"] is not None:
        actual, target = _pair(figures, labels)
        progress = f" {actual} / {target}"
    code = alert_code(labels, figures, figures["as_of_date"], transition)
    return f"{headline(transition, level, figures, labels)}{progress}｜{code}"


def _is_lower_better(figures: Mapping[str, Any]) -> bool:
    return bool(figures.get("direction") == "lower")


def _is_closed(figures: Mapping[str, Any]) -> bool:
    return bool(figures["phase_state"] == "closed")


def _tail(transition: str, figures: Mapping[str, Any], labels: Labels, since: date) -> str:
    words, language = labels.words, labels.language
    as_of: date = figures["as_of_date"]
    owner = f"@{figures['owner_name']}" if figures["owner_name"] else words.somebody
    provisional = words.provisional if _is_closed(figures) and not figures["is_final"] else ""
    data = words.data_to.format(day=day(as_of, language)) + provisional
    if transition == "resolve":
        lasted = words.lasted.format(since=day(since, language), days=(as_of - since).days)
        return "｜".join((lasted, owner, data))
    began = words.since_high if _is_lower_better(figures) else words.since_behind
    ends = words.ends.format(day=day(figures["ends_on"], language))
    return "｜".join((began.format(day=day(since, language)), owner, ends, data))


def _steady(figures: Mapping[str, Any], words: Words) -> str:
    if figures["status"] == "met" or figures["pace"] is None:
        return ""
    return words.steady.format(pace=percent(figures["pace"]))


def _pair(figures: Mapping[str, Any], labels: Labels) -> tuple[str, str]:
    """Return actual and target as they are written."""
    actual, target = figures["actual"], figures["target"]
    if figures["aggregation"] in ("ratio", "duration"):
        unit, words = figures["unit"], labels.words
        return quotient(actual, unit, words), quotient(target, unit, words)
    language = labels.language
    return number(actual, language=language), number(target, wan_from=WAN, language=language)


def _progress(figures: Mapping[str, Any], labels: Labels, *, with_plan: bool) -> str:
    words = labels.words
    actual, target = _pair(figures, labels)
    aimed = (words.at_most if _is_lower_better(figures) else words.target).format(target=target)
    if figures["aggregation"] in ("ratio", "duration"):
        counted = _counted(figures, labels)
        return words.quotient.format(done=labels.done, actual=actual, counted=counted, target=aimed)
    if not with_plan:
        return f"{actual} / {target}"
    text = words.count.format(
        done=labels.done, actual=actual, target=aimed, share=percent(figures["attainment"])
    )
    if _is_closed(figures) or figures["pace"] is None:
        return text
    plan = number(figures["expected_to_date"], language=labels.language)
    return text + words.plan.format(plan=plan, pace=percent(figures["pace"]))


def _counted(figures: Mapping[str, Any], labels: Labels) -> str:
    """Return what a ratio or a percentile was made of."""
    parts = [
        number(figures[name] or 0, language=labels.language)
        for name in ("numerator", "denominator")
    ]
    if figures["aggregation"] == "duration":
        return labels.words.items.format(n=parts[1])
    return " / ".join(parts)


def _needed(figures: Mapping[str, Any], transition: str, labels: Labels) -> str:
    words, language = labels.words, labels.language
    if figures["required_per_day"] is None or figures["status"] == "met":
        return ""
    gap = figures["target"] - figures["actual"]
    text = (words.still if transition == "resolve" else words.gap).format(
        gap=number(gap, up=True, language=language),
        days=figures["days_left"],
        needed=number(figures["required_per_day"], up=True, language=language),
    )
    if figures["recent_per_day"] is not None:
        text += words.recent.format(n=number(figures["recent_per_day"], language=language))
    if figures["forecast"] is None:
        return text
    forecast, low, high = (
        number(figures[name], wan_from=WAN, language=language)
        for name in ("forecast", "forecast_low", "forecast_high")
    )
    if transition == "resolve":
        return text + words.forecast_short.format(forecast=forecast)
    low = low.removesuffix(" 万") if high.endswith("万") and low.endswith("万") else low
    return text + words.forecast.format(forecast=forecast, low=low, high=high)


def _step(step: Step, words: Words, room: int) -> str:
    frame = words.step.format(text="", person=step.person)
    at_most = room - len(frame) - 1
    # half a sentence helps nobody: then the owner's own knowledge has to do
    return (
        words.step.format(text=shortened(step.text, at_most), person=step.person)
        if at_most >= 8
        else ""
    )
