"""Suites as JSON files: what each stream and mart must satisfy, how gravely, and why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidemark.errors import TidemarkError

FOLDER = Path(__file__).resolve().parent
SEVERITIES = ("critical", "warning")


class SuiteError(TidemarkError):
    """A suite file that must not be used."""


@dataclass(frozen=True)
class Check:
    """One expectation: its GX type and arguments, and what it means for a person."""

    type: str
    kwargs: Mapping[str, Any]
    severity: str
    rule: str
    description_zh: str = ""
    description_en: str = ""

    @property
    def column(self) -> str | None:
        """The column or columns it speaks of."""
        columns = self.kwargs.get("column_list")
        return ", ".join(columns) if columns else self.kwargs.get("column")


@dataclass(frozen=True)
class Suite:
    """The checks of one stream (raw/<platform>__<stream>) or mart (marts/<schema>.<table>)."""

    name: str
    checks: tuple[Check, ...]


def load_suites(kind: str) -> dict[str, Suite]:
    """Return the suites of a folder (raw or marts) by file name; SuiteError names what is wrong."""
    return {path.stem: read_suite(path) for path in sorted((FOLDER / kind).glob("*.json"))}


def read_suite(path: Path) -> Suite:
    """Read one file; unknown expectations, severities and keys are refused, never dropped."""
    where = f"{path.parent.name}/{path.name}"
    try:
        body = json.loads(path.read_text())
        checks = tuple(_check(where, entry) for entry in body["expectations"])
    except (KeyError, TypeError, ValueError) as error:
        raise SuiteError(
            f"{where}: {type(error).__name__} {error}; a suite is "
            '{"name": …, "expectations": [{"type", "kwargs", "meta"}]}'
        ) from None
    if not checks:
        raise SuiteError(f"{where}: it expects nothing; add an expectation or delete the file")
    return Suite(body["name"], checks)


def _check(where: str, entry: Mapping[str, Any]) -> Check:
    meta = entry["meta"]
    if meta["severity"] not in SEVERITIES:
        raise SuiteError(
            f"{where}: severity {meta['severity']!r} of {entry['type']}; use critical or warning"
        )
    return Check(
        entry["type"],
        entry.get("kwargs", {}),
        meta["severity"],
        meta["rule"],
        meta.get("description_zh", ""),
        meta.get("description_en", ""),
    )


def expectation_class(name: str) -> Any:
    """Return GX's class of an expectation type; SuiteError when GX does not have it."""
    import great_expectations.expectations as known

    camel = "".join(part.capitalize() for part in name.split("_"))
    found = getattr(known, camel, None)
    if found is None:
        raise SuiteError(
            f"unknown expectation {name!r}: Great Expectations has no {camel}; "
            "correct the type, it would be dropped in silence"
        )
    return found
