"""What a release is made from: one installation's settings, lake, accounts and streams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from extractors.core.lake import Lake, open_lake
from extractors.core.model import Account, Platform, Stream
from tidemark.settings import PROJECT_ROOT, Settings


@dataclass(frozen=True)
class Site:
    """An installation as the warehouse sees it; tests bring small ones of their own."""

    settings: Settings
    lake: Lake
    accounts: tuple[Account, ...]
    platforms: tuple[Platform, ...]
    config_version: str
    config_tables: Callable[[], Mapping[str, pa.Table]]
    project_dir: Path = PROJECT_ROOT / "dbt_project"
    #: dbt variables that the configuration decides, see warehouse/registry_rows.py
    dbt_variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def streams(self) -> tuple[tuple[Platform, Stream], ...]:
        """Every declared stream with its platform, in a fixed order."""
        return tuple((p, stream) for p in self.platforms for stream in p.streams)

    @property
    def own_accounts(self) -> tuple[Account, ...]:
        """The accounts that the brand operates itself."""
        return tuple(account for account in self.accounts if account.ownership == "own")


def open_site(settings: Settings) -> Site:
    """Return the installation that the settings point to; its configuration must be valid."""
    from extractors.core.registry import platforms_by_name
    from tidemark.config.loader import load_config
    from warehouse.config_tables import config_tables, record_config_version
    from warehouse.registry_rows import metric_variables

    config = load_config(settings.config_dir)
    lake = open_lake(settings.lake_url, settings.copies_dir)
    record_config_version(lake, settings)
    return Site(
        settings=settings,
        lake=lake,
        accounts=config.accounts,
        platforms=tuple(platforms_by_name().values()),
        config_version=config.version,
        config_tables=lambda: config_tables(settings, lake),
        dbt_variables=metric_variables(config),
    )
