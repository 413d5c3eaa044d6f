"""What became of the payloads of one parser."""

from collections import Counter
from dataclasses import dataclass, field

from extractors.core.intake import Landed

STOPPED = frozenset({"failed", "not_ready", "not_offered"})  # nothing of these is landed
LAKE_READINGS = 40  # a lake is thrown away after so many: it would only grow slow


@dataclass
class Tally:
    """What became of the payloads of one parser."""

    parser: str
    payloads: int = 0
    given: int = 0
    landed: int = 0
    quarantined: int = 0
    repeated: int = 0
    outside: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """How one reading ended."""

    answers: int
    given: int
    landed: Landed | None
    crash: str = ""

    @property
    def booked(self) -> int:
        """Every row that is somewhere."""
        found = self.landed
        if found is None:
            return 0
        return found.rows + found.quarantined + found.duplicates + found.outside

    @property
    def is_silent(self) -> bool:
        """Whether nothing tells that something was wrong."""
        found = self.landed
        if found is None or found.errors or found.drift or found.quarantined:
            return False
        return {record.status for record in found.slices} <= {"ok", "empty"}


def book(tally: Tally, reading: Reading) -> None:
    """Add a reading to the tally; what is neither landed nor accounted for is a problem."""
    landed = reading.landed
    if landed is None:
        tally.problems.append(f"crash: {reading.crash}")
        return
    for error in landed.errors:
        tally.refused[type(error).__name__] += 1
    tally.given += reading.given
    tally.landed += landed.rows
    tally.quarantined += landed.quarantined
    tally.repeated += landed.duplicates
    tally.outside += landed.outside
    if any(record.status in STOPPED for record in landed.slices):
        return
    if reading.booked != reading.given:
        tally.problems.append(f"{reading.given} rows given, {reading.booked} accounted for")
