"""From a release and the state of the pipeline to transitions: what people are to be told.

May run any number of times: a transition's id is made of incident, day, kind and level.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from alerts.facts import Facts, Goal, read_facts
from alerts.incidents import (
    Incident,
    Message,
    Transition,
    fold,
    held_back_by,
    is_announced,
    owed,
    told,
)
from alerts.ledgers import TRANSITIONS, Entry
from alerts.past import Past, read_past
from alerts.pipeline import pipeline_transitions
from alerts.problems import is_gate_shut, read_problems
from alerts.text import Labels, Step, alert_code, render, shortened, summary
from alerts.words import DONE
from extractors.core.lake import Lake, open_lake
from extractors.core.model import Account
from tidemark.config.accounts import load_accounts
from tidemark.config.alerts import LANGUAGES, AlertConfig, load_alerts
from tidemark.config.metrics import Metric, load_metrics
from tidemark.settings import Settings
from warehouse.releases import LEDGER as RELEASES

RULES: Mapping[str, str] = {"fire": "S2", "escalate": "S5", "remind": "S5", "resolve": "S4"}

#: goal figures and a language to how the goal is called in it
Namer = Callable[[Mapping[str, Any], str], Labels]


@dataclass(frozen=True)
class Change:
    """What people are to hear of a goal, or what is written down and kept from them."""

    goal: Goal
    kind: Transition
    incident: Incident
    inhibited_by: str | None
    suppressed_by: str | None


def evaluate(settings: Settings) -> int:
    """Record what is new for every goal and for the pipeline; return how many there are."""
    lake = open_lake(settings.lake_url, settings.copies_dir)
    config = load_alerts(settings.config_dir)
    past = read_past(lake)
    now = settings.clock()
    database = settings.published_dir / "tidemark.duckdb"
    facts = read_facts(database) if database.exists() else None
    found: list[Entry] = []
    if facts is not None and not is_gate_shut(settings):
        first_as_of = min(date.fromisoformat(e["as_of_date"]) for e in lake.ledger(RELEASES))
        found += transitions(facts, first_as_of, past, config, read_namer(settings), now)
    problems = read_problems(settings, lake, facts)
    found += pipeline_transitions(problems, past, config, now)
    return sum(record(lake, entry, now) for entry in found)


def transitions(
    facts: Facts,
    first_as_of: date,
    past: Past,
    config: AlertConfig,
    name: Namer,
    now: datetime,
) -> list[Entry]:
    """Return the transitions that a release owes, each goal for itself, campaigns after phases."""
    incidents = {goal.goal_key: fold(goal.verdicts) for goal in facts.goals}
    changes = [
        change
        for goal in facts.goals
        if goal.verdicts and is_announced(goal.figures["ends_on"], first_as_of)
        if (change := _change(goal, facts.goals, incidents, past, config, now))
    ]
    tags = _tags(facts.goals, name) if changes else {}  # most releases owe nothing
    return [
        _entry(change, past, config, name, tags.get(change.goal.goal_key, ""))
        | {"release_id": facts.release_id}
        for change in changes
    ]


def _change(
    goal: Goal,
    goals: Iterable[Goal],
    incidents: Mapping[str, Incident],
    past: Past,
    config: AlertConfig,
    now: datetime,
) -> Change | None:
    """Return what is new about a goal since people last heard of it, if anything."""
    messages = past.heard.get(goal.goal_key, [])
    if messages and messages[-1].as_of > goal.newest.as_of:
        return None  # readers were turned back to an older release; people know more already
    incident = incidents[goal.goal_key]
    silence = config.silence_of(goal_labels(goal, incident), now)
    kind = owed(
        incident,
        told(messages, with_silenced=silence is not None),
        goal.newest,
        was_silenced=silence is None and past.ended_silent(goal.goal_key),
        is_acknowledged=past.is_acknowledged(goal.goal_key, now),
    )
    inhibitor = _inhibitor(goal, goals, incidents) if kind != "resolve" else None
    if kind is None or (inhibitor and _is_recorded(messages, incident)):
        return None
    return Change(goal, kind, incident, inhibitor, silence.key if silence else None)


def _is_recorded(messages: Sequence[Message], incident: Incident) -> bool:
    """Tell whether it is written down already that this very incident is held back."""
    if not messages or incident.opened_on is None:
        return False
    return bool(messages[-1].inhibited_by) and messages[-1].as_of >= incident.opened_on


def record(lake: Lake, entry: Entry, now: datetime) -> bool:
    """Write a transition down; False when it is known already."""
    alert_id = _alert_id(entry)
    return lake.append(
        TRANSITIONS, alert_id, {**entry, "alert_id": alert_id, "created_at": now.isoformat()}
    )


def _alert_id(entry: Mapping[str, Any]) -> str:
    parts = [entry["goal_key"], entry["as_of_date"], entry["transition"], entry["severity"]]
    parts += [entry["suppressed_by"]] if entry["suppressed_by"] else []
    parts += [entry["turn"]] if entry.get("turn") else []
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _entry(change: Change, past: Past, config: AlertConfig, name: Namer, tag: str) -> Entry:
    goal, kind, incident = change.goal, change.kind, change.incident
    figures, level = goal.figures, incident.level or "warning"
    fired_on = told(past.heard.get(goal.goal_key, [])).fired_on
    since = (
        fired_on if kind == "resolve" and fired_on else (incident.opened_on or goal.newest.as_of)
    )
    is_correction = kind == "fire" and goal.newest.restated_from == "met"
    matched = goal_labels(goal, incident)
    playbook = config.playbook_of(matched)
    messages_by, lines_by = {}, {}
    for language in LANGUAGES:
        labels = _tagged(name(figures, language), tag)
        step = (
            Step(playbook.first_step.get(language, ""), playbook.person)
            if playbook and playbook.first_step.get(language)
            else None
        )
        messages_by[language] = render(
            kind, level, figures, labels, since=since, is_correction=is_correction, step=step
        )
        lines_by[language] = summary(kind, level, figures, labels)
    return {
        "kind": "goal",
        "goal_key": goal.goal_key,
        "rule": "S6" if is_correction else RULES[kind],
        "transition": kind,
        "inhibited_by": change.inhibited_by,
        "suppressed_by": change.suppressed_by,
        "severity": level,
        "as_of_date": str(goal.newest.as_of),
        "incident_opened_on": str(incident.opened_on),
        "code": alert_code(_tagged(name(figures, "zh"), tag), figures, figures["as_of_date"], kind),
        "message": messages_by["zh"],
        "messages": messages_by,
        "lines": lines_by,
        "tone": "resolved" if kind == "resolve" else _tone(level),
        "people": [p for p in (figures["owner_name"], playbook and playbook.person) if p],
        "attainment": figures["attainment"],
        "labels": matched,
    }


def _tone(level: str) -> str:
    return "warning" if level == "warning" else "critical"


def goal_labels(goal: Goal, incident: Incident | None = None) -> dict[str, str]:
    """Return what routes, silences and playbooks look at."""
    figures = goal.figures
    return {
        "kind": "goal",
        "brand": figures["brand_key"],
        "campaign": figures["campaign_key"],
        "platform": figures["platform"] or "-",
        "metric": figures["metric"],
        "severity": (incident or fold(goal.verdicts)).level or "warning",
    }


def _tags(goals: Iterable[Goal], name: Namer) -> dict[str, str]:
    """Return a tag for each goal whose code another goal would have too."""
    by_code: dict[tuple[str, Any], list[str]] = {}
    for goal in goals:
        code = (name(goal.figures, "zh").code, goal.figures["phase_no"])
        by_code.setdefault(code, []).append(goal.goal_key)
    return {
        key: "." + hashlib.sha256(key.encode()).hexdigest()[:3].upper()
        for keys in by_code.values()
        if len(keys) > 1
        for key in keys
    }


def _tagged(labels: Labels, tag: str) -> Labels:
    return replace(labels, tag=tag)


def _inhibitor(goal: Goal, goals: Iterable[Goal], incidents: Mapping[str, Incident]) -> str | None:
    """Return the open phase goal of the same metric, basis and scope that speaks for a campaign."""
    if goal.figures["level"] != "campaign":
        return None
    same = ("campaign_key", "metric", "basis", "platform", "account_key")
    return held_back_by(
        [
            other.goal_key
            for other in goals
            if other.figures["level"] == "phase"
            and other.figures["phase_state"] == "active"
            and incidents[other.goal_key].is_open
            and all(other.figures[name] == goal.figures[name] for name in same)
        ]
    )


def read_namer(settings: Settings) -> Namer:
    """Return how goals are called: by their platform, or by the one account they are about."""
    from extractors.core.registry import platforms_by_name

    @cache
    def known() -> tuple[Mapping[str, Metric], Mapping[str, Account]]:
        accounts = {account.key: account for account in load_accounts(settings.config_dir)}
        return load_metrics(settings.config_dir), accounts

    def labels(figures: Mapping[str, Any], language: str) -> Labels:
        metrics, accounts = known()
        metric = metrics[figures["metric"]]
        account = accounts.get(figures["account_key"] or "")
        platform = platforms_by_name().get(
            (account.platform if account else figures["platform"]) or ""
        )
        called = "" if platform is None else getattr(platform, f"label_{language}")
        name = ""
        if account:
            name = (
                f"「{shortened(account.name)}」"
                if language == "zh"
                else f" {shortened(account.name)}"
            )
        said = metric.short_zh if language == "zh" else metric.name_en
        done = DONE.get(metric.short_zh, "实际") if language == "zh" else ""
        return Labels(f"{called}{name}", said, done, metric.short_code, language=language)

    return labels
