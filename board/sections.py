"""The parts of a page as plain values: a campaign with its phases, sources, incidents."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.acknowledgements import OpenIncident
from alerts.links import incident_path
from alerts.names import label
from board.cards import Card, acknowledged, acknowledged_at, card
from board.figures import Row, one_language, short_day, verdict
from board.release import Published
from board.words import MARKS, WORDS

PHASES = ("active", "whole", "closed", "upcoming")
#: what messages say with a coloured sign, a page says with its own lights
COLOURS = "🟢🟡🔴⚪🛑⏫ "


@dataclass(frozen=True)
class Section:
    """The goals of one phase, or those of the whole campaign: never both."""

    kind: str
    title: str
    state: str
    cards: Sequence[Card]


def campaign_part(
    row: Row, published: Published, incidents: Mapping[str, OpenIncident], language: str
) -> dict[str, Any]:
    """Return a campaign with its days, how its running phase stands, and all its goals."""
    words, as_of = WORDS[language], _as_of(published)
    goals = published.goals_of(row["campaign_key"])
    sections = _sections(goals, published, incidents, language)
    days = (row["ends_on"] - row["starts_on"]).days + 1
    passed = (as_of - row["starts_on"]).days + 1
    judged = next((s for s in sections if s.kind == "active"), None)
    return {
        "key": row["campaign_key"],
        "name": one_language(row["campaign_name"], language),
        "brand": one_language(row["brand_name"] or row["brand_key"], language),
        "owner": row["owner_name"],
        "span": words["campaign_days"].format(first=row["starts_on"], last=row["ends_on"]),
        "day": words["campaign_day"].format(day=passed, days=days)
        if row["is_running"]
        else words["ended" if passed > days else "not_begun"],
        "share": min(max(passed / days, 0.0), 1.0),
        "counts": _counts(judged.cards, language) if judged else [],
        "counts_of": judged.title if judged else "",
        "sections": sections,
    }


def _counts(cards: Sequence[Card], language: str) -> list[dict[str, str]]:
    """Return how many goals of one phase stand how; a whole campaign's are not among them."""
    words = WORDS[language]
    found = Counter((c.light, c.verdict) for c in cards)
    return [
        {"light": light, "text": words["counts"].format(n=n, verdict=text)}
        for (light, text), n in found.items()
    ]


def _sections(
    goals: Sequence[Row],
    published: Published,
    incidents: Mapping[str, OpenIncident],
    language: str,
) -> list[Section]:
    phases: dict[str | None, list[Row]] = {}
    for goal in goals:
        phases.setdefault(goal["phase_key"] if goal["level"] == "phase" else None, []).append(goal)
    found = [
        Section(
            members[0]["phase_state"] if key else "whole",
            _section_title(members[0], language),
            _section_state(members[0], language) if key else WORDS[language]["whole_note"],
            [
                card(
                    goal,
                    published.curves.get(goal["goal_key"]),
                    incidents.get(goal["goal_key"]),
                    language,
                )
                for goal in members
            ],
        )
        for key, members in phases.items()
    ]
    return sorted(found, key=lambda section: PHASES.index(section.kind))


def _section_title(goal: Row, language: str) -> str:
    words = WORDS[language]
    if goal["level"] != "phase":
        return words["whole"]
    return words["phase"].format(
        no=goal["phase_no"], name=one_language(goal["phase_name"], language)
    )


def _section_state(goal: Row, language: str) -> str:
    words, first, last = WORDS[language], goal["starts_on"], goal["ends_on"]
    state = words[f"state_{goal['phase_state']}"].format(
        day=(goal["as_of_date"] - first).days + 1, days=(last - first).days + 1
    )
    return f"{short_day(first, language)} – {short_day(last, language)} · {state}"


def other_part(row: Row, published: Published, language: str) -> dict[str, str]:
    """Return a campaign that is not shown, to be followed."""
    words, as_of = WORDS[language], _as_of(published)
    state = "running" if row["is_running"] else "ended" if row["ends_on"] < as_of else "not_begun"
    return {
        "key": row["campaign_key"],
        "name": one_language(row["campaign_name"], language),
        "text": f"{row['starts_on']} – {row['ends_on']} · {words[state]}",
    }


def _as_of(published: Published) -> date:
    assert published.release is not None
    return published.release.as_of


def platform_parts(sources: Sequence[Row], language: str) -> list[dict[str, Any]]:
    """Return the sources by platform, with the day up to which all of a platform's are there."""
    words, found = WORDS[language], []
    for platform in dict.fromkeys(source["platform"] for source in sources):
        members = [source for source in sources if source["platform"] == platform]
        days = sorted({s["watermark"] for s in members if s["watermark"]})
        ends = dict.fromkeys(short_day(day, language) for day in (days[:1] + days[-1:]))
        found.append(
            {
                "name": label(platform, language),
                "streams": words["streams"].format(n=len(members)),
                "until": " – ".join(ends) or words["never"],
                "is_late": any(source["is_late"] for source in members),
                "members": [
                    {**source, "until": short_day(source["watermark"], language)}
                    for source in members
                ],
            }
        )
    return found


def incident_part(incident: OpenIncident, language: str) -> dict[str, Any]:
    """Return an open incident with who is at it."""
    title, *lines = incident.messages[language].split("\n")
    title = title.lstrip(COLOURS)
    tone, text = acknowledged(incident, language)
    return {
        "key": incident.incident,
        "code": incident.code,
        "level": incident.level,
        "title": title,
        "lines": lines[:-1],  # the last one leads to this page
        "path": incident_path(incident.incident),
        "is_acknowledged": incident.acknowledgement is not None,
        "tone": tone,
        "text": text,
        "said_at": acknowledged_at(incident, language),
        "note": incident.acknowledgement.note if incident.acknowledgement else "",
    }


def where_part(goal: Row, published: Published, language: str) -> str:
    """Return to which campaign and phase a goal belongs."""
    name = next(
        (
            c["campaign_name"]
            for c in published.campaigns
            if c["campaign_key"] == goal["campaign_key"]
        ),
        goal["campaign_key"],
    )
    section = _section_title(goal, language)
    first, last = goal["starts_on"], goal["ends_on"]
    days = f"{short_day(first, language)} – {short_day(last, language)}"
    return f"{one_language(name, language)} · {section} · {days}"


def trail_part(row: Row, language: str) -> dict[str, str]:
    """Return the verdict of one day."""
    light, word = verdict(row)
    text = f"{short_day(row['as_of_date'], language)} {WORDS[language][word]}"
    return {"light": light, "mark": MARKS[light], "text": text}


def definition_part(goal: Row, language: str) -> str:
    """Return how a metric is defined."""
    return one_language(goal["definition"], language)
