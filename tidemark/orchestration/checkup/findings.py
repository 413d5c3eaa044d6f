"""What `tidemark doctor` can find; each name has its entry in docs/runbook.md."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]

Name = Literal[
    "home not writable",
    "disk nearly full",
    "clock skew",
    "clock is virtual",
    "time zone wrong",
    "port in use",
    "version mismatch",
    "config problem",
    "credential missing",
    "credential unreadable",
    "hash secret not set",
    "airflow database unreachable",
    "lake unreadable",
    "lake file broken",
    "source stale",
    "suspect slices waiting",
    "quarantined drops waiting",
    "quarantined rows waiting",
    "stale lock",
    "lock held long",
    "unfinished release",
    "release held",
    "release failed",
    "publisher behind",
    "check broken",
]

RUNBOOK = "docs/runbook.md"


@dataclass(frozen=True)
class Finding:
    """One line of the report. Of what is well, the name says only what was looked at."""

    level: Level
    name: str
    found: str
    remedy: str = ""

    @property
    def runbook(self) -> str:
        """Return where the runbook speaks of it, or nothing where all is well."""
        return "" if self.level == "ok" else f"{RUNBOOK}#{self.name.replace(' ', '-')}"


def ok(subject: str, found: str) -> Finding:
    """Return a line that says what is well."""
    return Finding("ok", subject, found)


def warning(name: Name, found: str, remedy: str) -> Finding:
    """Return what a person should look at; the line goes on."""
    return Finding("warning", name, found, remedy)


def problem(name: Name, found: str, remedy: str) -> Finding:
    """Return what stops the line, or makes it tell something wrong."""
    return Finding("problem", name, found, remedy)
