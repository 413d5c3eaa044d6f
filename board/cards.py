"""One goal as a card: every text of it, ready to be set into the page."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from alerts.acknowledgements import OpenIncident
from alerts.links import incident_path
from board.charts import CARD, NARROW, WIDE, Frame, chart, without_silence
from board.figures import (
    Row,
    figure,
    gap,
    metric_name,
    moment,
    scope_name,
    share,
    short_day,
    verdict,
)
from board.release import Curve
from board.words import MARKS, WORDS
from tidemark.clock import SHANGHAI


@dataclass(frozen=True)
class Fact:
    """A labelled figure; value is the number itself, for those who would count with it."""

    name: str
    label: str
    text: str
    value: float | int | None


@dataclass(frozen=True)
class Card:
    """A goal with its light, figures, picture and what people did about it."""

    goal: Row
    path: str
    light: str
    mark: str
    verdict: str
    name: str
    scope: str
    as_of: str
    actual: Fact
    target: Fact
    facts: tuple[Fact, ...]
    notes: tuple[tuple[str, str], ...]  # a tone and a text
    pictures: tuple[Markup, ...]


def card(
    goal: Row,
    curve: Curve | None,
    incident: OpenIncident | None,
    language: str,
    frames: tuple[Frame, ...] = (CARD,),
) -> Card:
    """Return a goal as it is shown in one language."""
    words, unit = WORDS[language], goal["unit"]
    if curve is not None and goal["reason"] == "stale_source":
        curve = without_silence(curve)
    light, word = verdict(goal)
    aim = words["at_most" if goal["direction"] == "lower" else "target"]
    return Card(
        goal,
        incident_path(goal["goal_key"]),
        light,
        MARKS[light],
        words[word],
        metric_name(goal, language),
        scope_name(goal, language),
        words["as_of"].format(day=short_day(goal["as_of_date"], language)),
        _fact("actual", goal, words["actual"], language),
        Fact("target", aim, figure(goal["target"], unit, language), goal["target"]),
        tuple(_facts(goal, language)),
        tuple(_notes(goal, incident, language)),
        tuple(chart(curve, unit, goal["as_of_date"], frame, language) for frame in frames),
    )


def large_card(
    goal: Row, curve: Curve | None, incident: OpenIncident | None, language: str
) -> Card:
    """Return a goal for a page of its own: a picture for wide screens and one for phones."""
    return card(goal, curve, incident, language, (WIDE, NARROW))


def _fact(name: str, goal: Row, label: str, language: str, *, up: bool = False) -> Fact:
    return Fact(name, label, figure(goal[name], goal["unit"], language, up=up), goal[name])


def _facts(goal: Row, language: str) -> list[Fact]:
    """Return the figures that a goal has: what it is judged by and what is needed."""
    words, found = WORDS[language], []
    if goal["actual"] is None:
        return []
    is_open = goal["phase_state"] == "active"
    if goal["numerator"] is not None and goal["denominator"] is not None:
        parts = " / ".join(
            figure(goal[part], None, language) for part in ("numerator", "denominator")
        )
        found.append(Fact("numerator", words["parts"], parts, goal["numerator"]))
    else:
        found.append(
            Fact("attainment", words["attainment"], share(goal["attainment"]), goal["attainment"])
        )
    if is_open:
        found.append(_fact("expected_to_date", goal, words["expected"], language))
        found.append(Fact("pace", words["pace"], share(goal["pace"]), goal["pace"]))
    name, distance = gap(goal, language)
    found.append(Fact("gap", name, distance, goal["gap"]))
    if is_open and goal["required_per_day"] is not None:
        needed = words["required"].format(n=goal["days_left"])
        found.append(_fact("required_per_day", goal, needed, language, up=True))
        found.append(_fact("recent_per_day", goal, words["recent"], language))
    if goal["forecast"] is not None:
        found.append(_forecast(goal, language))
    return found


def _forecast(goal: Row, language: str) -> Fact:
    middle, low, high = (
        figure(goal[name], goal["unit"], language)
        for name in ("forecast", "forecast_low", "forecast_high")
    )
    text = f"{middle}（{low}–{high}）" if language == "zh" else f"{middle} ({low}–{high})"
    return Fact("forecast", WORDS[language]["forecast"], text, goal["forecast"])


def _notes(goal: Row, incident: OpenIncident | None, language: str) -> list[tuple[str, str]]:
    words, found = WORDS[language], []
    if goal["reason"] and goal["reason"] != "phase_not_started":
        found.append(("plain", words.get(f"reason_{goal['reason']}", goal["reason"])))
    if goal["last_known_status"]:
        found.append(
            (
                "plain",
                words["last_known"].format(verdict=_past(goal["last_known_status"], language)),
            )
        )
    if goal["restated_from"]:
        found.append(
            ("warn", words["restated"].format(verdict=_past(goal["restated_from"], language)))
        )
    if goal["guardrail_state"]:
        tone = "bad" if goal["guardrail_state"] == "breached" else "plain"
        found.append((tone, words[f"guardrail_{goal['guardrail_state']}"]))
    if goal["incident_opened_on"]:
        since = short_day(goal["incident_opened_on"], language)
        found.append(("warn", words["since"].format(day=since)))
    if incident is not None:
        found.append(acknowledged(incident, language))
    if goal["phase_state"] == "closed" and goal["actual"] is not None:
        found.append(("plain", words["final" if goal["is_final"] else "provisional"]))
    return found


def acknowledged(incident: OpenIncident, language: str) -> tuple[str, str]:
    """Return who is at an incident since which day, as a tone and a text."""
    words, said = WORDS[language], incident.acknowledgement
    if said is None:
        tone = "bad" if incident.level in ("critical", "missed") else "warn"
        return tone, words["unacknowledged"]
    since = short_day(said.at.astimezone(SHANGHAI).date(), language)
    return "good", words["acknowledged"].format(by=said.by, day=since)


def acknowledged_at(incident: OpenIncident, language: str) -> str:
    """Return who is at an incident since when, or nothing."""
    if (said := incident.acknowledgement) is None:
        return ""
    return WORDS[language]["acknowledged_at"].format(by=said.by, at=moment(said.at, language))


def _past(status: str, language: str) -> str:
    light: Mapping[str, object] = {"status": status, "severity": None, "reason": None}
    return WORDS[language][verdict(light)[1]]
