"""Goals as flat rows: one per phase target, and one per campaign target of a sum metric."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from tidemark.config.campaigns import CAMPAIGN_LEVEL, Campaign, Goal, Guardrail, Phase, PhaseTarget
from tidemark.config.loader import Config
from tidemark.config.metrics import Metric

Row = dict[str, Any]


def goal_rows(config: Config) -> list[Row]:
    """Return every goal of the configuration, self-contained: its days and its metric's rules."""
    return [row for campaign in config.campaigns for row in _campaign_rows(campaign, config)]


def guardrail_rows(config: Config) -> list[Row]:
    """Return every guardrail of every goal, with the goal's days and scope."""
    rules = {
        (campaign.key, goal.metric, goal.basis or "-", goal.scope_text): goal.guardrails
        for campaign in config.campaigns
        for goal in campaign.goals
    }
    return [
        _guardrail_row(row, guardrail, config.metrics[guardrail.metric])
        for row in goal_rows(config)
        for guardrail in rules[row["campaign_key"], row["metric"], row["basis"], row["scope"]]
    ]


def _campaign_rows(campaign: Campaign, config: Config) -> Iterator[Row]:
    for goal in campaign.goals:
        metric = config.metrics[goal.metric]
        for phase in campaign.phases:
            if phase.key in goal.by_phase:
                yield _phase_row(campaign, goal, metric, phase)
        if metric.aggregation == "sum" and goal.target is not None:
            days = {"starts_on": campaign.starts_on, "ends_on": campaign.ends_on}
            own = {"level": "campaign", "phase_key": None, "target": goal.target, **days}
            yield {
                **_shared(campaign, goal, metric),
                **own,
                "goal_key": goal.key(campaign.key, CAMPAIGN_LEVEL),
            }


def _phase_row(campaign: Campaign, goal: Goal, metric: Metric, phase: Phase) -> Row:
    given = goal.by_phase[phase.key]
    return {
        **_shared(campaign, goal, metric),
        **_lift(campaign, given),
        "goal_key": goal.key(campaign.key, phase.key),
        "level": "phase",
        "phase_key": phase.key,
        "starts_on": phase.starts_on,
        "ends_on": phase.ends_on,
        "target": given.target,
    }


def _lift(campaign: Campaign, given: PhaseTarget) -> Row:
    baseline = campaign.phase(given.lift_over) if given.lift_over else None
    if baseline is None:
        return {}
    return {
        "baseline_phase_key": baseline.key,
        "baseline_starts_on": baseline.starts_on,
        "baseline_ends_on": baseline.ends_on,
        "lift_factor": given.factor,
        "rebase_on": given.rebase,
    }


def _shared(campaign: Campaign, goal: Goal, metric: Metric) -> Row:
    return {
        "campaign_key": campaign.key,
        "campaign_starts_on": campaign.starts_on,
        "metric": goal.metric,
        "platform": goal.scope.get("platform"),
        "account_key": goal.scope.get("account") or goal.scope.get("shop"),
        "shop": goal.scope.get("shop"),
        "brand_key": goal.scope.get("brand", campaign.brand),
        "ownership": goal.scope.get("ownership", "own"),
        "scope": goal.scope_text,
        "basis": goal.basis or "-",
        "objective": goal.objective or None,
        "pacing": goal.pacing,
        "curve": goal.pacing if goal.pacing == "weekday" else _curve(goal.curve),
        "owner_name": campaign.owner,
        "guardrails": json.dumps([_bounds(g) for g in goal.guardrails], ensure_ascii=False),
        **_rules(metric),
    }


def _rules(metric: Metric) -> Row:
    return {
        "unit": metric.unit,
        "aggregation": metric.aggregation,
        "direction": metric.direction,
        "is_monotone": metric.is_monotone,
        "min_denominator": metric.min_denominator,
        "min_expected": metric.min_expected,
        "restate_days": metric.restate_days,
    }


def _curve(curve: tuple[tuple[date, float], ...]) -> str:
    """Return the curve as text; the empty text stands for equal weights."""
    return json.dumps([[str(day), weight] for day, weight in curve]) if curve else ""


def _bounds(guardrail: Guardrail) -> Row:
    return {
        "metric": guardrail.metric,
        "basis": guardrail.basis or "-",
        "min": guardrail.minimum,
        "max": guardrail.maximum,
    }


def _guardrail_row(goal: Row, guardrail: Guardrail, metric: Metric) -> Row:
    return {
        "goal_key": goal["goal_key"],
        "campaign_key": goal["campaign_key"],
        "metric": guardrail.metric,
        "basis": guardrail.basis or "-",
        "aggregation": metric.aggregation,
        "restate_days": metric.restate_days,
        "min_denominator": metric.min_denominator,
        "lower_bound": guardrail.minimum,
        "upper_bound": guardrail.maximum,
    }
