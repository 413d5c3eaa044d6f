"""What every channel answers."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["delivered", "retry", "failed"]


@dataclass(frozen=True)
class Receipt:
    """How one attempt ended; response never holds a secret."""

    outcome: Outcome
    response: str
