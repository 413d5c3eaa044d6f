"""What is wrong in the configuration, told all at once."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tidemark.errors import TidemarkError


@dataclass(frozen=True, order=True)
class Problem:
    """One finding: where it stands, what it says there, and what to do."""

    file: str
    line: int
    field: str
    value: str
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Return the finding as one line that editors can jump to."""
        shown = f" {self.value!r}" if self.value else ""
        return f"{self.file}:{self.line}: {self.field}{shown}: {self.message}; {self.remedy}"


class ConfigError(TidemarkError):
    """The configuration cannot be used; carries every problem, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        plural = "problem" if len(problems) == 1 else "problems"
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"the configuration has {len(problems)} {plural}:\n{lines}")


def nearest(value: str, known: Iterable[str]) -> str:
    """Return the remedy for an unknown name: the closest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(value, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of: {', '.join(names)}" if names else "there is nothing to refer to yet"


def raise_if_any(problems: Sequence[Problem]) -> None:
    """Raise ConfigError when a problem is an error; warnings alone pass."""
    if any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
