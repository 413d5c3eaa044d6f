"""The open incidents as the live ledgers tell them; acknowledging changes them at once."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from alerts.acknowledgements import OpenIncident, open_incidents
from alerts.ledgers import ACKNOWLEDGEMENTS, TRANSITIONS
from extractors.core.lake import Lake, open_lake
from tidemark.errors import TidemarkError
from tidemark.settings import Settings


@dataclass(frozen=True, eq=False)
class Told:
    """The open incidents, or why the ledgers could not be read."""

    incidents: Sequence[OpenIncident] = ()
    problem: str = ""

    def of(self, key: str) -> OpenIncident | None:
        """Return the open incident of a key."""
        return next((found for found in self.incidents if found.incident == key), None)


def read_told(settings: Settings) -> Told:
    """Return what people were told of and is not over; a lake that is away hides no number."""
    try:
        lake = open_lake(settings.lake_url, settings.copies_dir)
        # entries are added and never changed: as long as their names are the same, so is the rest
        names = (_names(lake, ledger) for ledger in (TRANSITIONS, ACKNOWLEDGEMENTS))
        return _read(_Ledgers(settings, settings.lake_url, *names))
    except (TidemarkError, OSError, ValueError) as error:
        return Told(problem=type(error).__name__)


def _names(lake: Lake, ledger: str) -> tuple[str, ...]:
    """Return the names of a ledger's entries; thousands of paths would take longer than a page."""
    folder = Path(f"{lake.root}/_ledger/{ledger}")
    if folder.is_absolute() and folder.is_dir():
        with os.scandir(folder) as entries:
            return tuple(sorted(entry.name for entry in entries))
    return tuple(lake.list_files(f"_ledger/{ledger}"))


@dataclass(frozen=True)
class _Ledgers:
    """Which entries there are; settings, made anew for each request, are no part of it."""

    settings: Settings = field(compare=False)
    lake_url: str
    transitions: tuple[str, ...]
    answers: tuple[str, ...]


@lru_cache(maxsize=2)
def _read(ledgers: _Ledgers) -> Told:
    return Told(open_incidents(ledgers.settings))
