"""One Great Expectations run over many tables: one import, one context, many suites."""

import contextlib
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.suites import Check, Suite, SuiteError, expectation_class

SHOWN_AT_MOST = 5
SHOWN_LETTERS = 300
#: whether a check holds; samples cost the library three more queries of its own for each column
BRIEF = {"result_format": "BOOLEAN_ONLY"}
DETAILED = {"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_AT_MOST}
#: the rows that a query returns come with nothing less
WITH_ROWS = {"result_format": "COMPLETE"}


@dataclass(frozen=True)
class Result:
    """What one check found in one table."""

    suite: str
    check: Check
    success: bool
    observed: str
    unexpected: int


class Validator:
    """Validates tables of one DuckDB file, or of one Spark session."""

    def __init__(self, tables: Any) -> None:
        from expectations.engine import DuckDBTables, SparkTables
        from expectations.library import gx

        for name in ("great_expectations", "great_expectations.data_context.types.base"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._gx = gx
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        # the library would write all of the context as YAML, thrice for each table, into memory
        context._save_project_config = lambda: None
        source = DuckDBTables if isinstance(tables, Path) else SparkTables
        self._tables: DuckDBTables | SparkTables = source(context, tables)

    def close(self) -> None:
        """Let go of the file."""
        self._tables.close()

    def run(self, suite: Suite, table: str) -> list[Result]:
        """Run a suite on a table or view; a check that cannot be run is an error, never a pass.

        What broke is asked for checks alone that do not hold.
        """
        batch = self._tables.batch(table)
        answers = self._answers(batch, suite, suite.checks, BRIEF)
        broken = [check for check in suite.checks if not answers[check.rule].success]
        queries = [check for check in broken if check.query is not None]
        others = [check for check in broken if check.query is None]
        for checks, result_format in ((queries, WITH_ROWS), (others, DETAILED)):
            if checks:
                answers |= self._answers(batch, suite, checks, result_format)
        return [_result(suite, check, answers[check.rule]) for check in suite.checks]

    def _answers(
        self, batch: Any, suite: Suite, checks: Sequence[Check], result_format: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the library's answers by the rules of the checks."""
        # advice about every query that does not say {batch} is printed each time one is copied
        with contextlib.redirect_stdout(io.StringIO()):
            made = [self._expectation(suite, check) for check in checks]
            built = self._gx.ExpectationSuite(name=suite.name, expectations=made)
            answer = batch.validate(built, result_format=result_format)
        by_rule = {entry.expectation_config.meta["rule"]: entry for entry in answer.results}
        for check in checks:
            if check.rule not in by_rule:
                raise SuiteError(
                    f"{suite.file}: {check.rule} was dropped by Great Expectations: "
                    "two expectations are the same; delete one"
                )
        return by_rule

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the same tables."""
        return self._tables.rows(query)

    def _expectation(self, suite: Suite, check: Check) -> Any:
        try:
            if (query := check.query) is not None:
                kind = expectation_class(suite.file, "unexpected_rows_expectation")
                made = kind(unexpected_rows_query=query)
            else:
                made = expectation_class(suite.file, check.type)(**check.kwargs)
        except ValueError as error:
            said = " ".join(str(error).split())
            raise SuiteError(f"{suite.file}: {check.rule}: {said}; correct its kwargs") from None
        made.meta = {"rule": check.rule}
        return made


def _result(suite: Suite, check: Check, entry: Any) -> Result:
    raised = entry.exception_info or {}
    nested = [raised, *(v for v in raised.values() if isinstance(v, dict))]
    problem = next((n["exception_message"] for n in nested if n.get("raised_exception")), None)
    if problem:
        said = " ".join(str(problem).split())[:SHOWN_LETTERS]
        raise SuiteError(f"{suite.file}: {check.rule} could not be run: {said}")
    found = entry.result
    rows = found.get("details", {}).get("unexpected_rows")
    unexpected = found.get("unexpected_count")
    if unexpected is None:
        unexpected = found.get("observed_value") if rows is not None else 0
    count = int(unexpected) if isinstance(unexpected, int | float) else 0
    return Result(suite.name, check, bool(entry.success), _observed(found, rows), count)


def _observed(found: Mapping[str, Any], rows: Any) -> str:
    sample = rows if rows else found.get("partial_unexpected_list")
    if sample:
        return str(sample[:SHOWN_AT_MOST])[:SHOWN_LETTERS]
    value = found.get("observed_value")
    return "" if value is None else str(value)[:SHOWN_LETTERS]
