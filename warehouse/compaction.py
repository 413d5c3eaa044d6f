"""Compaction as it is run: over every stream, and never beside a release."""

from dataclasses import dataclass
from datetime import date, timedelta

from extractors.core.compact import compact
from extractors.core.lake import open_lake
from extractors.core.landing import expire_landing
from extractors.core.registry import every_stream
from tidemark.clock import business_date
from tidemark.settings import Settings
from warehouse.lock import locked

#: younger days are still read again
STILL_READ = timedelta(days=35)


@dataclass(frozen=True)
class Compacted:
    """What a run did: manifests of days before a date, and bodies that were kept for a week."""

    before: date
    manifests: int
    bodies: int


def compact_lake(settings: Settings, before: date | None = None) -> Compacted:
    """Merge what is older than a date, by default than 35 days, and let kept bodies expire."""
    lake = open_lake(settings.lake_url, settings.copies_dir)
    before = before or business_date(settings.clock()) - STILL_READ
    # a release reads what is merged here, and forgetting rewrites it
    with locked(settings, "tidemark lake compact"):
        merged = sum(compact(lake, platform, stream, before) for platform, stream in every_stream())
    return Compacted(before, merged, expire_landing(lake, settings.clock()))
