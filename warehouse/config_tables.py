"""The configuration as tables of the build database, goals with their days of validity."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.lake import Lake
from tidemark.clock import business_date, days_between
from tidemark.config.loader import Config, load_config
from tidemark.settings import Settings
from warehouse.goal_rows import goal_rows, guardrail_rows
from warehouse.registry_rows import registry_rows

LEDGER = "config_versions"
FIRST_DAY = date(1900, 1, 1)  # the earliest version also judges every day before it

_GOAL_RULES = {
    **{name: pa.string() for name in ("unit", "aggregation", "direction")},
    "is_monotone": pa.bool_(),
    **{name: pa.float64() for name in ("min_denominator", "min_expected")},
    "restate_days": pa.int64(),
}
_VALIDITY = {"config_version": pa.string(), "valid_from": pa.date32(), "valid_to": pa.date32()}

COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "brand": {name: pa.string() for name in ("brand_key", "brand_name", "owner_name")},
    "account": {
        **{name: pa.string() for name in ("account_key", "brand_key", "platform", "account_id")},
        **{name: pa.string() for name in ("account_name", "ownership", "kind")},
        **{name: pa.date32() for name in ("active_from", "active_to")},
    },
    "campaign": {
        **{name: pa.string() for name in ("campaign_key", "brand_key", "campaign_name")},
        **{name: pa.date32() for name in ("starts_on", "ends_on")},
        "owner_name": pa.string(),
    },
    "phase": {
        **{name: pa.string() for name in ("phase_key", "campaign_key")},
        "phase_no": pa.int64(),
        **{name: pa.string() for name in ("phase_code", "phase_name")},
        **{name: pa.date32() for name in ("starts_on", "ends_on")},
    },
    "metric": {
        **{name: pa.string() for name in ("metric", "name_zh", "name_en", "unit", "aggregation")},
        **{name: pa.string() for name in ("direction", "numerator", "denominator")},
        "is_monotone": pa.bool_(),
        "min_denominator": pa.float64(),
        "restate_days": pa.int64(),
        **{name: pa.string() for name in ("additive_over", "definition", "short_code", "short_zh")},
        **{name: pa.float64() for name in ("min_expected", "min_classified")},
        "accrual": pa.string(),
        "percentile": pa.float64(),
        **{name: pa.string() for name in ("numerator_window", "denominator_window")},
    },
    "metric_source": {
        **{name: pa.string() for name in ("metric", "basis", "platform")},
        **{name: pa.string() for name in ("source_platform", "source_stream")},
        **{name: pa.int64() for name in ("part", "precedence")},
    },
    "goal": {
        **{name: pa.string() for name in ("goal_key", "level", "campaign_key", "phase_key")},
        **{name: pa.string() for name in ("metric", "platform", "account_key", "shop", "scope")},
        **{name: pa.string() for name in ("brand_key", "ownership", "basis", "objective")},
        **_GOAL_RULES,
        "target": pa.float64(),
        "baseline_phase_key": pa.string(),
        "lift_factor": pa.float64(),
        **{name: pa.string() for name in ("pacing", "curve", "owner_name", "guardrails")},
        **{name: pa.date32() for name in ("starts_on", "ends_on", "campaign_starts_on")},
        **{name: pa.date32() for name in ("baseline_starts_on", "baseline_ends_on", "rebase_on")},
        **_VALIDITY,
    },
    "goal_guardrail": {
        **{name: pa.string() for name in ("goal_key", "metric", "basis", "aggregation")},
        "restate_days": pa.int64(),
        **{name: pa.float64() for name in ("min_denominator", "lower_bound", "upper_bound")},
        **_VALIDITY,
    },
    "pacing_weight": {"curve": pa.string(), "stat_date": pa.date32(), "weight": pa.float64()},
    "day": {"date": pa.date32()},
}


#: the 8 ISO weeks before a goal, by which it may be paced, and the days of its own week
WEEKDAY_HISTORY = timedelta(days=8 * 7 + 7)


def record_config_version(lake: Lake, settings: Settings) -> str:
    """Append the present configuration to the ledger unless it is the newest one there."""
    config = load_config(settings.config_dir)
    versions = _versions(lake)
    if not versions or versions[-1]["config_version"] != config.version:
        entry = _version(config, settings.clock())
        # the moment is part of the id: going back to an older file is a version of its own
        lake.append(LEDGER, f"{entry['accepted_at'][:19]}-{config.version}", entry)
    return config.version


def config_tables(settings: Settings, lake: Lake) -> dict[str, pa.Table]:
    """Return the tables of schema `config`, from the files and the ledger of their versions."""
    config = load_config(settings.config_dir)
    versions = _versions(lake)
    now = settings.clock()
    if not versions or versions[-1]["config_version"] != config.version:
        versions.append(json.loads(json.dumps(_version(config, now), default=str)))
    goals = list(_valid(versions, "goals"))
    rows: dict[str, Iterable[Mapping[str, Any]]] = {
        **registry_rows(config),
        "goal": goals,
        "goal_guardrail": _valid(versions, "guardrails"),
        "pacing_weight": _weights(goals),
        "day": _days(goals, business_date(now)),
    }
    return {name: _table(name, rows[name]) for name in COLUMNS}


def _table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    schema = pa.schema(list(COLUMNS[name].items()))
    return pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in rows], schema)


def _version(config: Config, accepted_at: datetime) -> dict[str, Any]:
    return {
        "config_version": config.version,
        "accepted_at": accepted_at.isoformat(),
        "accepted_on": str(business_date(accepted_at)),
        "goals": goal_rows(config),
        "guardrails": guardrail_rows(config),
    }


def _versions(lake: Lake) -> list[dict[str, Any]]:
    return sorted(lake.ledger(LEDGER), key=lambda entry: str(entry["accepted_at"]))


def _in_force(
    versions: Sequence[Mapping[str, Any]], campaign: str
) -> Iterator[tuple[Mapping[str, Any], date, date | None]]:
    """Yield the versions that hold a campaign, each with its first and last day in force."""
    accepted = [date.fromisoformat(version["accepted_on"]) for version in versions]
    is_first = True
    for version, day, following in zip(versions, accepted, [*accepted[1:], None], strict=True):
        is_held = any(row["campaign_key"] == campaign for row in version["goals"])
        if not is_held or following == day:
            continue
        until = following - timedelta(1) if following else None
        yield version, FIRST_DAY if is_first else day, until
        is_first = False


def _valid(versions: Sequence[Mapping[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the goals or guardrails of every version with their days of validity."""
    days = {name for name, type_ in COLUMNS["goal"].items() if type_ == pa.date32()}
    campaigns = {row["campaign_key"] for version in versions for row in version["goals"]}
    for campaign in sorted(campaigns):
        for version, since, until in _in_force(versions, campaign):
            validity = {"valid_from": since, "valid_to": until}
            for row in (row for row in version[kind] if row["campaign_key"] == campaign):
                parsed = {
                    k: date.fromisoformat(v) if k in days and v else v for k, v in row.items()
                }
                yield {**parsed, **validity, "config_version": version["config_version"]}


def _weights(goals: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the weight of each day of each curve; days without one weigh 1."""
    reach: dict[str, date] = {}
    for goal in goals:
        if goal["curve"].startswith("["):
            reach[goal["curve"]] = max(reach.get(goal["curve"], FIRST_DAY), goal["ends_on"])
    for curve, last in reach.items():
        points = [(date.fromisoformat(day), weight) for day, weight in json.loads(curve)]
        for day in days_between(points[0][0], last):
            weight = [weight for since, weight in points if since <= day][-1]
            yield {"curve": curve, "stat_date": day, "weight": weight}


def _days(goals: Sequence[Mapping[str, Any]], today: date) -> Iterator[dict[str, Any]]:
    if not goals:
        return
    first = min(goal["campaign_starts_on"] for goal in goals) - WEEKDAY_HISTORY
    last = max([today, *(goal["ends_on"] for goal in goals)])
    yield from ({"date": day} for day in days_between(first, last))
