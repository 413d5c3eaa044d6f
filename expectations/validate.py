"""One Great Expectations run over a DuckDB file: one import, one context, many suites."""

import contextlib
import io
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.suites import Check, Suite, SuiteError, expectation_class

SHOWN_AT_MOST = 5
SHOWN_LETTERS = 300
RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_AT_MOST}


@dataclass(frozen=True)
class Result:
    """What one check found in one table."""

    suite: str
    check: Check
    success: bool
    observed: str
    unexpected: int


class Validator:
    """Validates tables of the schema main of one DuckDB file."""

    def __init__(self, database: Path) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing may leave the machine
        import great_expectations as gx

        from expectations.engine import datasource

        for name in ("great_expectations", "great_expectations.data_context.types.base"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._gx = gx
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        self._source = self._context._add_fluent_datasource(
            datasource=datasource("gate", str(database))
        )

    def close(self) -> None:
        """Let go of the file."""
        self._source.get_execution_engine().close()
        # the datasource has an engine of its own; DuckDB shares an open file within a process
        self._source.get_engine().dispose()

    def run(self, suite: Suite, table: str) -> list[Result]:
        """Run a suite on a table or view; a check that cannot be run is an error, never a pass."""
        # advice about every query that does not say {batch} is printed each time one is copied
        with contextlib.redirect_stdout(io.StringIO()):
            answer = self._validate(suite, table)
        by_rule = {entry.expectation_config.meta["rule"]: entry for entry in answer.results}
        for check in suite.checks:
            if check.rule not in by_rule:
                raise SuiteError(
                    f"{suite.file}: {check.rule} was dropped by Great Expectations: "
                    "two expectations are the same; delete one"
                )
        return [_result(suite, check, by_rule[check.rule]) for check in suite.checks]

    def _validate(self, suite: Suite, table: str) -> Any:
        made = [self._expectation(suite, check) for check in suite.checks]
        built = self._gx.ExpectationSuite(name=suite.name, expectations=made)
        batch = (
            self._source.add_table_asset(table, table_name=table)
            .add_batch_definition_whole_table("all")
            .get_batch()
        )
        return batch.validate(built, result_format=RESULT_FORMAT)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the same file."""
        with self._source.get_execution_engine().get_connection() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query).fetchall()]

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
