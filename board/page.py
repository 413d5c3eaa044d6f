"""The pages as text: what is read of the release and the ledgers, set into the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from board.attempt import banners
from board.cards import large_card
from board.figures import Row, moment
from board.release import Published, read_campaigns, read_goal
from board.sections import (
    campaign_part,
    definition_part,
    incident_part,
    other_part,
    platform_parts,
    trail_part,
    where_part,
)
from board.told import Told, read_told
from board.words import WORDS
from tidemark.errors import TidemarkError
from tidemark.settings import Settings

KEPT_PAGES = 16


@dataclass(frozen=True)
class Place:
    """Where a page stands: its language, the address of the board, and who looks at it."""

    language: str = "zh"
    #: the path of the board on this server; empty where nothing can be followed, as in a report
    base: str = ""
    user: str = ""
    #: what proves that an answer was written on this page
    token: str = ""


def board_page(settings: Settings, place: Place, *, campaign: str | None = None) -> str:
    """Return the board: the running campaigns, or the one that is asked for."""
    body = _board(settings, place.language, place.base, campaign)
    return _render("board.html", place, body | {"wanted": campaign})


def report(settings: Settings, languages: Sequence[str], campaign: str | None = None) -> str:
    """Return the board as one file that needs nothing else, in one language or several."""
    published = read_campaigns(settings, campaign)
    if published.release is None:
        raise TidemarkError(
            f"{settings.published_dir}: nothing is published yet; run tidemark release"
        )
    known = [row["campaign_key"] for row in published.campaigns]
    if campaign and campaign not in known:
        raise TidemarkError(f"--campaign {campaign}: not in the release; it has {', '.join(known)}")
    halves = [
        {"language": language, "words": WORDS[language]} | _board(settings, language, "", campaign)
        for language in languages
    ]
    return _render("report.html", Place(languages[0]), {"halves": halves})


def _board(settings: Settings, language: str, base: str, wanted: str | None) -> dict[str, Any]:
    """Return the head, which every attempt changes, and the main part, which a release does."""
    published, told = read_campaigns(settings, wanted), read_told(settings)
    main = _main(published, told, language, base, wanted)
    return _head(settings, published, language) | {"main": main}


@lru_cache(maxsize=KEPT_PAGES)
def _main(published: Published, told: Told, language: str, base: str, wanted: str | None) -> Markup:
    by_key = {incident.incident: incident for incident in told.incidents}
    shown = {goal["campaign_key"] for goal in published.goals}
    parted: tuple[list[Row], list[Row]] = ([], [])
    for row in published.campaigns:
        parted[row["campaign_key"] in shown].append(row)
    body = {
        "release": published.release,
        "wanted": wanted,
        "campaigns": [campaign_part(row, published, by_key, language) for row in parted[True]],
        "others": [other_part(row, published, language) for row in parted[False]],
        "incidents": [incident_part(incident, language) for incident in told.incidents],
        "incidents_problem": told.problem,
        "platforms": platform_parts(published.sources, language),
    }
    return Markup(_render("main.html", Place(language, base), {"body": body}))


def goal_page(settings: Settings, goal_key: str, place: Place) -> str | None:
    """Return one goal's page; None for a goal that the release does not hold."""
    published, told = read_goal(settings, goal_key), read_told(settings)
    if not published.goals:
        return None
    goal, language = published.goals[0], place.language
    incident = told.of(goal_key)
    body = {
        **_head(settings, published, language),
        "card": large_card(goal, published.curves.get(goal_key), incident, language),
        "where": where_part(goal, published, language),
        "trail": [trail_part(row, language) for row in published.trail],
        "incident": incident_part(incident, language) if incident else None,
        "definition": definition_part(goal, language),
    }
    return _render("goal.html", place, body)


def incident_page(settings: Settings, key: str, place: Place) -> str | None:
    """Return the page of an incident of the pipeline; None when it is over."""
    incident = read_told(settings).of(key)
    if incident is None:
        return None
    body = _head(settings, read_campaigns(settings), place.language)
    body["incident"] = incident_part(incident, place.language)
    return _render("incident.html", place, body)


def message_page(place: Place, kind: str, *, link: str = "", text: str = "", **named: str) -> str:
    """Return a page that says why there is nothing else: log in, not allowed, not there."""
    words = WORDS[place.language]
    body = {
        "heading": words[f"{kind}_title"].format(**named),
        "text": text or words[f"{kind}_text"].format(**named),
        "link": link,
        "link_text": words["log_in"] if kind == "log_in" else words["back"],
    }
    return _render("message.html", place, body)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("board"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment


def _render(template: str, place: Place, body: dict[str, Any]) -> str:
    words = WORDS[place.language]
    return _templates().get_template(template).render(place=place, words=words, **body)


def _head(settings: Settings, published: Published, language: str) -> dict[str, Any]:
    """Return what stands on every page: which release, and what is wrong with it."""
    words, release = WORDS[language], published.release
    return {
        "release": release,
        "as_of": words["as_of"].format(day=release.as_of) if release else "",
        "release_text": words["release"].format(
            release=release.release_id, at=moment(release.published_at, language)
        )
        if release
        else "",
        "banners": banners(settings, published, language),
    }
