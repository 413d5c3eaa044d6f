"""Evaluate: new transitions into the ledger. Deliver: the outbox, one row per attempt.

Both may run any number of times: a transition's id is made of goal, as-of day, kind and level, and
a message that a channel has accepted is not sent to it again.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from alerts.channels import feishu
from alerts.channels.model import Receipt
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
from alerts.text import DONE, Labels, render, shortened
from extractors.core.credentials import read_connection
from extractors.core.errors import Transient
from extractors.core.lake import Lake, open_lake
from extractors.core.model import Credential
from tidemark.config.accounts import load_accounts
from tidemark.config.alerts import AlertConfig, Channel, load_alerts
from tidemark.config.metrics import load_metrics
from tidemark.settings import Settings

logger = logging.getLogger(__name__)

TRANSITIONS = "transitions"
DELIVERIES = "deliveries"
ATTEMPTS_AT_MOST = 8
RULES: Mapping[str, str] = {"fire": "S2", "escalate": "S5", "remind": "S5", "resolve": "S4"}

Send = Callable[[str, Credential, datetime], Receipt]
SENDERS: Mapping[str, tuple[Send, float]] = {"feishu": (feishu.send, feishu.SECONDS_BETWEEN)}


def evaluate(settings: Settings) -> int:
    """Record what the published release changes for every goal; return how many are new."""
    lake = open_lake(settings.lake_url)
    facts = read_facts(settings.published_dir / "tidemark.duckdb")
    first_as_of = min(date.fromisoformat(e["as_of_date"]) for e in lake.ledger("releases"))
    labels = read_labels(settings)
    heard = heard_messages(lake.ledger(TRANSITIONS))
    added = 0
    for entry in transitions(facts, first_as_of, heard, labels):
        entry["created_at"] = settings.clock().isoformat()
        added += lake.append(TRANSITIONS, _alert_id(entry), {**entry, "alert_id": _alert_id(entry)})
    return added


def transitions(
    facts: Facts,
    first_as_of: date,
    heard: Mapping[str, list[Message]],
    labels: Callable[[Mapping[str, Any]], Labels],
) -> list[dict[str, Any]]:
    """Return the transitions that a release owes, each goal for itself, campaigns after phases."""
    incidents = {goal.goal_key: fold(goal.verdicts) for goal in facts.goals}
    found = []
    for goal in facts.goals:
        if not goal.verdicts or not is_announced(goal.figures["ends_on"], first_as_of):
            continue
        messages = heard.get(goal.goal_key, [])
        if messages and messages[-1].as_of > goal.newest.as_of:
            continue  # readers were turned back to an older release; people know more already
        kind = owed(incidents[goal.goal_key], told(messages), goal.newest)
        inhibitor = _inhibitor(goal, facts.goals, incidents) if kind == "fire" else None
        if kind is None or (inhibitor and messages and messages[-1].inhibited_by):
            continue
        found.append(_entry(goal, kind, incidents[goal.goal_key], messages, inhibitor, labels))
    for entry in found:
        entry["release_id"] = facts.release_id
    return found


def deliver(
    settings: Settings,
    *,
    connect: Callable[[str], Credential] = read_connection,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Send every message that is not settled yet; return how many were accepted.

    Raises Transient when some are to be tried again.
    """
    lake = open_lake(settings.lake_url)
    config = load_alerts(settings.config_dir)
    accepted, again = 0, 0
    for entry, channel, attempt in pending(lake, config):
        send, pause = SENDERS[channel.kind]
        receipt = send(entry["message"], connect(channel.connection), settings.clock())
        outcome = receipt.outcome
        if outcome == "retry" and attempt >= ATTEMPTS_AT_MOST:
            outcome = "failed"
        row = {
            "alert_id": entry["alert_id"],
            "channel": channel.key,
            "attempted_at": settings.clock().isoformat(),
            "outcome": outcome,
            "response": receipt.response,
        }
        lake.append(DELIVERIES, f"{entry['alert_id']}.{channel.key}.{attempt:02d}", row)
        logger.info("%s to %s: %s (%s)", entry["code"], channel.key, outcome, receipt.response)
        accepted += outcome == "delivered"
        again += outcome == "retry"
        sleep(pause)
    if again:
        raise Transient(
            f"{again} messages were not taken yet; they are tried again, see alerts log"
        )
    return accepted


def pending(lake: Lake, config: AlertConfig) -> list[tuple[dict[str, Any], Channel, int]]:
    """Return what a channel still has to take, oldest first, with the number of the attempt."""
    attempts: dict[tuple[str, str], list[str]] = {}
    for row in lake.ledger(DELIVERIES):
        attempts.setdefault((row["alert_id"], row["channel"]), []).append(row["outcome"])
    found = []
    for entry in _in_order(lake.ledger(TRANSITIONS)):
        if entry["inhibited_by"] or entry["suppressed_by"]:
            continue
        for channel in config.channels_for(entry["labels"]):
            past = attempts.get((entry["alert_id"], channel.key), [])
            if not {"delivered", "failed"} & set(past):
                found.append((entry, channel, len(past) + 1))
    return found


def _entry(
    goal: Goal,
    kind: Transition,
    incident: Incident,
    messages: list[Message],
    inhibitor: str | None,
    labels: Callable[[Mapping[str, Any]], Labels],
) -> dict[str, Any]:
    figures, words = goal.figures, labels(goal.figures)
    level = incident.level or "warning"
    fired_on = told(messages).fired_on
    since = (
        fired_on if kind == "resolve" and fired_on else (incident.opened_on or goal.newest.as_of)
    )
    is_correction = kind == "fire" and goal.newest.restated_from == "met"
    return {
        "goal_key": goal.goal_key,
        "rule": "S6" if is_correction else RULES[kind],
        "transition": kind,
        "severity": level,
        "as_of_date": str(goal.newest.as_of),
        "inhibited_by": inhibitor,
        "suppressed_by": None,
        "incident_opened_on": str(incident.opened_on),
        "code": _code(words, figures, kind),
        "message": render(kind, level, figures, words, since=since, is_correction=is_correction),
        "labels": {
            "kind": "goal",
            "brand": figures["brand_key"],
            "campaign": figures["campaign_key"],
            "platform": figures["platform"] or "-",
            "metric": figures["metric"],
            "severity": level,
        },
    }


def _code(words: Labels, figures: Mapping[str, Any], kind: str) -> str:
    from alerts.text import alert_code

    return alert_code(words, figures, figures["as_of_date"], kind)


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


def heard_messages(entries: Iterable[Mapping[str, Any]]) -> dict[str, list[Message]]:
    """Map each goal to what the ledger says people were told of it, oldest first."""
    messages: dict[str, list[Message]] = {}
    for entry in _in_order(entries):
        messages.setdefault(entry["goal_key"], []).append(
            Message(
                date.fromisoformat(entry["as_of_date"]),
                entry["transition"],
                entry["severity"],
                entry["inhibited_by"],
            )
        )
    return messages


def _in_order(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    # ids of releases move forward only; a machine's clock may go back
    return sorted(
        (dict(e) for e in entries), key=lambda e: (e["as_of_date"], e["release_id"], e["alert_id"])
    )


def _alert_id(entry: Mapping[str, Any]) -> str:
    parts = (entry["goal_key"], entry["as_of_date"], entry["transition"], entry["severity"])
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def read_labels(settings: Settings) -> Callable[[Mapping[str, Any]], Labels]:
    """Return how goals are called: by their platform, or by the one account they are about."""
    from extractors.core.registry import platforms_by_name

    metrics = load_metrics(settings.config_dir)
    platforms = {name: platform.label_zh for name, platform in platforms_by_name().items()}
    accounts = {account.key: account for account in load_accounts(settings.config_dir)}
    board_url = load_alerts(settings.config_dir).board_url

    def labels(figures: Mapping[str, Any]) -> Labels:
        metric = metrics[figures["metric"]]
        account = accounts.get(figures["account_key"] or "")
        platform = platforms.get((account.platform if account else figures["platform"]) or "", "")
        name = f"「{shortened(account.name)}」" if account else ""
        return Labels(
            f"{platform}{name}",
            metric.short_zh,
            DONE.get(metric.short_zh, "实际"),
            metric.short_code,
            board_url,
        )

    return labels
