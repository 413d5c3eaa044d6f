"""The whole configuration, read and checked as one."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.core.model import Account
from tidemark.config.accounts import Brand, read_accounts
from tidemark.config.alerts import AlertConfig, read_alerts
from tidemark.config.campaigns import Campaign, parse_campaign, plain
from tidemark.config.document import read_document
from tidemark.config.metrics import Metric, read_metrics
from tidemark.config.problems import Problem, raise_if_any
from tidemark.config.rules import Known, check_campaign, check_matchers

CAMPAIGNS = "campaigns"


@dataclass(frozen=True)
class Config:
    """Everything that humans decide."""

    brands: tuple[Brand, ...]
    accounts: tuple[Account, ...]
    metrics: dict[str, Metric]
    campaigns: tuple[Campaign, ...]
    alerts: AlertConfig

    @property
    def version(self) -> str:
        """A hash of what goals are judged by: the campaigns and the registry's rules."""
        content = {
            "campaigns": [plain(campaign) for campaign in self.campaigns],
            "metrics": {key: _judged_by(metric) for key, metric in sorted(self.metrics.items())},
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_config(config_dir: Path) -> Config:
    """Return the configuration; ConfigError carries the problems of all files together."""
    config, problems = check_config(config_dir)
    raise_if_any(problems)
    return config


def load_campaigns(config_dir: Path) -> tuple[Campaign, ...]:
    """Return every campaign, checked against accounts, metrics and channels."""
    return load_config(config_dir).campaigns


def check_config(config_dir: Path) -> tuple[Config, list[Problem]]:
    """Return what can be read, and every problem and warning of every file."""
    problems: list[Problem] = []
    platforms, streams = _offered()
    brands, accounts = read_accounts(config_dir, problems, platforms)
    metrics = read_metrics(config_dir, problems, streams)
    known = Known(brands, accounts, metrics, read_alerts(config_dir, problems))
    campaigns = _read_campaigns(config_dir, known, problems)
    check_matchers(known, {campaign.key for campaign in campaigns}, platforms)
    config = Config(brands, accounts, dict(known.metrics), campaigns, known.alerts)
    return config, sorted(set(problems))


def _read_campaigns(
    config_dir: Path, known: Known, problems: list[Problem]
) -> tuple[Campaign, ...]:
    found: dict[str, Campaign] = {}
    for path in sorted((config_dir / CAMPAIGNS).glob("*.yml")):
        root = read_document(path, problems, f"config/{CAMPAIGNS}/{path.name}")
        campaign = parse_campaign(root) if root else None
        if campaign is None:
            continue
        check_campaign(campaign, known)
        if campaign.key in found:
            campaign.at.report(
                f"campaign {campaign.key!r} is already defined in {found[campaign.key].at.file}",
                "give it another key",
            )
        found.setdefault(campaign.key, campaign)
    return tuple(found.values())


def _offered() -> tuple[set[str] | None, set[str] | None]:
    """Return the platforms and streams that extractors offer; None in a bare checkout."""
    from extractors.core.registry import every_stream, platforms_by_name

    platforms = set(platforms_by_name())
    streams = {f"{platform.name}/{stream.name}" for platform, stream in every_stream()}
    return platforms or None, streams or None


def _judged_by(metric: Metric) -> dict[str, Any]:
    return {
        "aggregation": metric.aggregation,
        "direction": metric.direction,
        "is_monotone": metric.is_monotone,
        "min_denominator": metric.min_denominator,
        "min_expected": metric.min_expected,
        "restate_days": metric.restate_days,
    }
