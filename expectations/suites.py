"""Suites as JSON files: what each stream and mart must satisfy, how gravely, and why."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.slices import SLICE_CHECKS
from expectations.tables import TABLE_CHECKS
from tidemark.errors import TidemarkError

FOLDER = Path(__file__).resolve().parent
SEVERITIES = ("critical", "warning")
QUERY = "unexpected_rows_expectation"
#: by type what returns the SQL of a check of ours
OWN_CHECKS = {**SLICE_CHECKS, **TABLE_CHECKS}
META = frozenset({"severity", "rule", "description_zh", "description_en"})


class SuiteError(TidemarkError):
    """A suite file that must not be used."""


@dataclass(frozen=True)
class Check:
    """One expectation: its type and arguments, and what it means for a person."""

    type: str
    kwargs: Mapping[str, Any]
    severity: str
    rule: str
    description_zh: str = ""
    description_en: str = ""

    @property
    def column(self) -> str | None:
        """The column or columns it speaks of."""
        columns = self.kwargs.get("column_list") or self.kwargs.get("columns")
        return ", ".join(columns) if columns else self.kwargs.get("column")

    @property
    def description(self) -> str:
        """What it demands, in both languages."""
        return " / ".join(text for text in (self.description_zh, self.description_en) if text)

    @property
    def query(self) -> str | None:
        """The SQL that returns what breaks it, where it is of that kind."""
        if self.type in OWN_CHECKS:
            return OWN_CHECKS[self.type](**self.kwargs)
        return self.kwargs["unexpected_rows_query"] if self.type == QUERY else None


@dataclass(frozen=True)
class Suite:
    """The checks of one stream (raw/<platform>__<stream>) or mart (marts/<schema>.<table>)."""

    name: str
    file: str
    checks: tuple[Check, ...]


def load_suites(kind: str, folder: Path = FOLDER) -> dict[str, Suite]:
    """Return the suites of a folder (raw or marts) by file name; SuiteError names what is wrong."""
    return {path.stem: read_suite(path) for path in sorted((folder / kind).glob("*.json"))}


def read_suite(path: Path) -> Suite:
    """Read one file; what cannot be understood is refused, never dropped."""
    where = f"expectations/{path.parent.name}/{path.name}"
    try:
        body = json.loads(path.read_text())
        checks = tuple(_check(where, entry) for entry in body["expectations"])
        name = str(body["name"])
    except (KeyError, TypeError, ValueError) as error:
        raise SuiteError(
            f"{where}: {type(error).__name__} {error}; a suite is "
            '{"name": …, "expectations": [{"type", "kwargs", "meta"}]}'
        ) from None
    if name != path.stem:
        raise SuiteError(f"{where}: its name is {name!r}; write {path.stem!r}, as the file's")
    if not checks:
        raise SuiteError(f"{where}: it expects nothing; add an expectation or delete the file")
    twice = [rule for rule, times in Counter(c.rule for c in checks).items() if times > 1]
    if twice:
        raise SuiteError(f"{where}: two expectations are called {twice[0]!r}; rename one")
    return Suite(name, where, checks)


def _check(where: str, entry: Mapping[str, Any]) -> Check:
    meta = entry["meta"]
    unknown = [*(set(entry) - {"type", "kwargs", "meta"}), *(set(meta) - META)]
    if unknown:
        raise SuiteError(f"{where}: unknown key {sorted(unknown)[0]!r}; correct or delete it")
    if meta["severity"] not in SEVERITIES:
        raise SuiteError(
            f"{where}: severity {meta['severity']!r} of {entry['type']}; use critical or warning"
        )
    check = Check(
        entry["type"],
        entry.get("kwargs", {}),
        meta["severity"],
        meta["rule"],
        meta.get("description_zh", ""),
        meta.get("description_en", ""),
    )
    try:
        check.query  # noqa: B018 - arguments that a check of ours does not have fail here
    except TypeError as error:
        raise SuiteError(f"{where}: {check.rule}: {error}; correct its kwargs") from None
    return check


def expectation_class(where: str, name: str) -> Any:
    """Return GX's class of an expectation type; SuiteError when GX does not have it."""
    from expectations.library import Expectation, known_expectations

    camel = "".join(part.capitalize() for part in name.split("_"))
    found = getattr(known_expectations, camel, None)
    if not (isinstance(found, type) and issubclass(found, Expectation)):
        raise SuiteError(
            f"{where}: unknown expectation {name!r}: Great Expectations has no {camel}; "
            "correct the type, it would be dropped in silence"
        )
    return found
