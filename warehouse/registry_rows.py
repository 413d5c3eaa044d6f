"""Brands, accounts, campaigns, phases and metrics as flat rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from tidemark.config.loader import Config
from tidemark.config.metrics import PARTS, Metric

#: the dbt variables that metric_variables returns
REGISTRY_VARIABLES = ("metrics", "metric_members", "metric_waits")
#: how a model is read for a metric
WAYS = ("from", "is_later", "zero_if_read")
SOURCE = ("source_platform", "source_stream")


def registry_rows(config: Config) -> dict[str, list[dict[str, Any]]]:
    """Map each table of brands, accounts, campaigns and metrics to its rows."""
    return {
        "brand": [
            {"brand_key": brand.key, "brand_name": brand.name, "owner_name": brand.owner}
            for brand in config.brands
        ],
        "account": list(_account_rows(config)),
        "campaign": list(_campaign_rows(config)),
        "phase": list(_phase_rows(config)),
        "metric": list(_metric_rows(config)),
        "metric_source": list(_source_rows(config)),
    }


def _campaign_rows(config: Config) -> Iterator[dict[str, Any]]:
    for campaign in config.campaigns:
        yield {
            "campaign_key": campaign.key,
            "brand_key": campaign.brand,
            "campaign_name": campaign.name,
            "starts_on": campaign.starts_on,
            "ends_on": campaign.ends_on,
            "owner_name": campaign.owner,
        }


def _account_rows(config: Config) -> Iterator[dict[str, Any]]:
    for account in config.accounts:
        yield {
            "account_key": account.key,
            "brand_key": account.brand,
            "platform": account.platform,
            "account_id": account.external_id,
            "account_name": account.name,
            "ownership": account.ownership,
            "kind": account.kind,
            "active_from": account.active_from,
            "active_to": account.active_to,
        }


def _phase_rows(config: Config) -> Iterator[dict[str, Any]]:
    for campaign in config.campaigns:
        for phase in campaign.phases:
            yield {
                "phase_key": phase.key,
                "campaign_key": campaign.key,
                "phase_no": phase.number,
                "phase_code": phase.key,
                "phase_name": phase.name,
                "starts_on": phase.starts_on,
                "ends_on": phase.ends_on,
            }


def _metric_rows(config: Config) -> Iterator[dict[str, Any]]:
    for metric in config.metrics.values():
        yield {
            "metric": metric.id,
            "name_zh": metric.name_zh,
            "name_en": metric.name_en,
            "unit": metric.unit,
            "aggregation": metric.aggregation,
            "direction": metric.direction,
            "numerator": metric.numerator,
            "denominator": metric.denominator,
            "is_monotone": metric.is_monotone,
            "min_denominator": metric.min_denominator,
            "restate_days": metric.restate_days,
            "additive_over": ", ".join(metric.additive_over) or "none",
            "definition": f"{metric.definition_zh} / {metric.definition_en}",
            "short_code": metric.short_code,
            "short_zh": metric.short_zh,
            "min_expected": metric.min_expected,
            "min_classified": metric.min_classified,
            "accrual": metric.accrual,
            "percentile": metric.percentile,
            "numerator_window": metric.numerator_window,
            "denominator_window": metric.denominator_window,
        }


def _source_rows(config: Config) -> Iterator[dict[str, Any]]:
    for metric in config.metrics.values():
        for basis, (platform, parts) in product(metric.basis or ("-",), metric.sources.items()):
            fed = {"metric": metric.id, "basis": basis, "platform": platform}
            for part, streams in enumerate(parts, start=1):
                for precedence, name in enumerate(streams, start=1):
                    source = dict(zip(SOURCE, name.split("/"), strict=True))
                    yield {**fed, **source, "part": part, "precedence": precedence}


def metric_variables(config: Config) -> dict[str, list[dict[str, Any]]]:
    """Return the registry as the dbt variables of which the metric models are made."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in REGISTRY_VARIABLES}
    found["metrics"] = _by_model(r for m in config.metrics.values() for r in _readings(m))
    for metric in config.metrics.values():
        for basis in metric.basis or ("-",):
            fed = _fed(metric, basis)
            if metric.members:
                found["metric_members"].append(fed | {"from": metric.members})
            if metric.waits:
                model = metric.waits.get(basis) or metric.waits[""]
                found["metric_waits"].append(fed | {"from": model})
    return found


def _by_model(readings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is read in the same way of the same model together: it is joined once."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for reading in readings:
        found[tuple(reading.pop(name) for name in WAYS)].append(reading)
    return [dict(zip(WAYS, way, strict=True)) | {"formulas": of} for way, of in found.items()]


def _readings(metric: Metric) -> Iterator[dict[str, Any]]:
    """Yield what is read of each model for each basis."""
    others = sorted(set(metric.sources) - set(metric.by_platform))
    formulas = [(metric.formula, others, False)]
    formulas += [(formula, [name], False) for name, formula in metric.by_platform.items()]
    formulas += [(metric.later, sorted(metric.sources), True)] if metric.later else []
    for basis in metric.basis or ("-",):
        for formula, platforms, is_later in formulas:
            parts = {name: formula.part(name, basis) for name in PARTS}
            if any(parts.values()) and platforms:
                read = {"from": formula.model, "platforms": platforms, "is_later": is_later}
                read |= {"zero_if_read": formula.zero_if_read}
                read |= {"opening": None if is_later else metric.opening}
                yield _fed(metric, basis) | parts | read


def _fed(metric: Metric, basis: str) -> dict[str, Any]:
    return {"metric": metric.id, "basis": basis, "platforms": sorted(metric.sources)}
