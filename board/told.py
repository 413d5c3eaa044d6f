"""The open incidents as the live ledgers tell them; acknowledging changes them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from alerts.acknowledgements import OpenIncident, open_incidents
from alerts.ledgers import ACKNOWLEDGEMENTS, TRANSITIONS
from extractors.core.lake import open_lake
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
        names = (lake.entry_names(ledger) for ledger in (TRANSITIONS, ACKNOWLEDGEMENTS))
        return _read(_Ledgers(settings, settings.lake_url, *names))
    except (TidemarkError, OSError, ValueError) as error:
        return Told(problem=type(error).__name__)


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
