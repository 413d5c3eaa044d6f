"""The JSON Schema of campaign files, with which editors complete them."""

import json
from pathlib import Path
from typing import Any

from tidemark.config.campaigns import OBJECTIVES, PACINGS
from tidemark.config.loader import Config

FILE = Path("schema") / "campaign.schema.json"
Node = dict[str, Any]

DAY: Node = {"type": "string", "format": "date", "description": "a calendar day, YYYY-MM-DD"}
NUMBER: Node = {"type": "number"}
TEXT: Node = {"type": "string", "minLength": 1}


def campaign_schema(config: Config) -> Node:
    """Return the schema of one campaign file for these accounts, metrics and channels."""
    phases = {"type": "array", "minItems": 1, "items": _phase()}
    goals = {"type": "array", "minItems": 1, "items": _goal(config)}
    fields = {
        "campaign": {**TEXT, "description": "key of the campaign, unique over all files"},
        "name": TEXT,
        "brand": _one_of([brand.key for brand in config.brands]),
        "starts_on": DAY,
        "ends_on": DAY,
        "owner": _owner(config),
        "phases": phases,
        "goals": goals,
    }
    needed = [name for name in fields if name != "name"]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Campaign"}
    return {**head, **_mapping(fields, needed)}


def schema_text(config: Config) -> str:
    """Return the schema as the file holds it."""
    return json.dumps(campaign_schema(config), ensure_ascii=False, indent=2) + "\n"


def _mapping(fields: Node, needed: list[str]) -> Node:
    shape = {"type": "object", "additionalProperties": False}
    return {**shape, "properties": fields, "required": needed}


def _one_of(values: list[str]) -> Node:
    return {"type": "string", "enum": sorted(set(values))}


def _owner(config: Config) -> Node:
    channels = _one_of([channel.key for channel in config.alerts.channels])
    return _mapping({"name": TEXT, "notify": {"type": "array", "items": channels}}, ["name"])


def _phase() -> Node:
    fields = {"key": TEXT, "name": TEXT, "starts_on": DAY, "ends_on": DAY}
    return _mapping(fields, ["key", "starts_on", "ends_on"])


def _goal(config: Config) -> Node:
    bases = [basis for metric in config.metrics.values() for basis in metric.basis]
    metrics = {
        "oneOf": [
            {"const": metric.id, "description": f"{metric.name_zh} / {metric.name_en}"}
            for metric in config.metrics.values()
        ]
    }
    fields = {
        "metric": metrics,
        "basis": _one_of(bases),
        "objective": _one_of(list(OBJECTIVES)),
        "scope": _scope(config),
        "target": {**NUMBER, "description": "of the campaign (sum), else the phases' default"},
        "by_phase": _by_phase(),
        "pacing": _pacing(),
        "guardrails": {"type": "array", "items": _guardrail(metrics, bases)},
    }
    return _mapping(fields, ["metric", "scope", "by_phase"])


def _scope(config: Config) -> Node:
    accounts = config.accounts
    fields = {
        "platform": _one_of([account.platform for account in accounts]),
        "account": _one_of([account.key for account in accounts]),
        "brand": _one_of([brand.key for brand in config.brands]),
        "shop": _one_of([account.key for account in accounts if account.kind == "shop"]),
        "ownership": _one_of(["own"]),
    }
    return {**_mapping(fields, []), "minProperties": 1}


def _by_phase() -> Node:
    lift = _mapping({"lift_over": TEXT, "factor": NUMBER, "rebase": DAY}, ["lift_over", "factor"])
    target = {"oneOf": [{"type": ["number", "null"]}, lift]}
    return {"type": "object", "minProperties": 1, "additionalProperties": target}


def _pacing() -> Node:
    point = {"type": "array", "prefixItems": [DAY, NUMBER], "minItems": 2, "maxItems": 2}
    curve = _mapping({"curve": {"type": "array", "minItems": 1, "items": point}}, ["curve"])
    return {"oneOf": [_one_of(list(PACINGS)), curve]}


def _guardrail(metrics: Node, bases: list[str]) -> Node:
    fields = {"metric": metrics, "basis": _one_of(bases), "min": NUMBER, "max": NUMBER}
    return _mapping(fields, ["metric"])
