"""Brands, accounts, campaigns, phases and metrics as flat rows."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from tidemark.config.loader import Config

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
            "accrual": metric.accrual,
        }


def _source_rows(config: Config) -> Iterator[dict[str, Any]]:
    for metric in config.metrics.values():
        for basis, (platform, parts) in product(metric.basis or ("-",), metric.sources.items()):
            fed = {"metric": metric.id, "basis": basis, "platform": platform}
            for part, streams in enumerate(parts, start=1):
                for precedence, name in enumerate(streams, start=1):
                    source = dict(zip(SOURCE, name.split("/"), strict=True))
                    yield {**fed, **source, "part": part, "precedence": precedence}
