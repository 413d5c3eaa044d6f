"""The open incidents as the live ledgers tell them; acknowledging changes them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
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
        # entries are added and never changed: as long as their names are the same, so is the rest
        names = [
            tuple(lake.list_files(f"_ledger/{ledger}"))
            for ledger in (TRANSITIONS, ACKNOWLEDGEMENTS)
        ]
        return _read(settings, *names)
    except (TidemarkError, OSError, ValueError) as error:
        return Told(problem=type(error).__name__)


@lru_cache(maxsize=2)
def _read(settings: Settings, _transitions: Sequence[str], _answers: Sequence[str]) -> Told:
    return Told(open_incidents(settings))
