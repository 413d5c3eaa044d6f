"""One Great Expectations run over a DuckDB file: one import, one context, many suites."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from expectations.suites import Check, Suite, SuiteError, expectation_class

logger = logging.getLogger(__name__)

SHOWN_AT_MOST = 5
SliceId = tuple[str, date]


@dataclass(frozen=True)
class Result:
    """What one check found in one table; slices is None when rows cannot say whose they are."""

    suite: str
    check: Check
    success: bool
    observed: str
    unexpected: int
    slices: frozenset[SliceId] | None = None


class Validator:
    """Validates tables of the schema main of one DuckDB file."""

    def __init__(self, database: Path) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing may leave the machine
        import great_expectations as gx

        from expectations.engine import datasource

        logging.getLogger("great_expectations").setLevel(logging.ERROR)
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

    def run(self, suite: Suite, table: str, *, by_slice: bool = False) -> list[Result]:
        """Run a suite on a table or view; by_slice also says which account-days are at fault."""
        expectations = [self._expectation(check) for check in suite.checks]
        built = self._gx.ExpectationSuite(name=suite.name, expectations=expectations)
        if len(built.expectations) != len(suite.checks):
            raise SuiteError(f"{suite.name}: two expectations are the same; delete one")
        batch = (
            self._source.add_table_asset(table, table_name=table)
            .add_batch_definition_whole_table("all")
            .get_batch()
        )
        answer = batch.validate(built, result_format=_result_format(by_slice))
        checks = {check.rule: check for check in suite.checks}
        return [_result(suite, checks, entry, by_slice=by_slice) for entry in answer.results]

    def _expectation(self, check: Check) -> Any:
        made = expectation_class(check.type)(**check.kwargs)
        made.meta = {"rule": check.rule}
        return made


def _result_format(by_slice: bool) -> dict[str, Any]:
    if not by_slice:
        return {"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_AT_MOST}
    return {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["account_key", "dt"],
        "partial_unexpected_count": SHOWN_AT_MOST,
    }


def _result(suite: Suite, checks: Mapping[str, Check], entry: Any, *, by_slice: bool) -> Result:
    check = checks[entry.expectation_config.meta["rule"]]
    raised = entry.exception_info or {}
    nested = [raised, *(v for v in raised.values() if isinstance(v, dict))]
    problem = next((n["exception_message"] for n in nested if n.get("raised_exception")), None)
    if problem:
        # a check that could not be run has not passed
        raise SuiteError(f"{suite.name}: {check.rule} could not be run: {str(problem)[:300]}")
    found = entry.result
    rows = found.get("details", {}).get("unexpected_rows")
    unexpected = found.get("unexpected_count")
    if unexpected is None:
        unexpected = found.get("observed_value") if rows is not None else 0
    count = int(unexpected) if isinstance(unexpected, int | float) else 0
    slices = _slices(found) if by_slice and not entry.success else None
    return Result(suite.name, check, bool(entry.success), _observed(found, rows), count, slices)


def _observed(found: Mapping[str, Any], rows: Any) -> str:
    sample = rows if rows else found.get("partial_unexpected_list")
    if sample:
        return str(sample[:SHOWN_AT_MOST])[:300]
    value = found.get("observed_value")
    return "" if value is None else str(value)[:300]


def _slices(found: Mapping[str, Any]) -> frozenset[SliceId] | None:
    rows = found.get("unexpected_index_list") or found.get("details", {}).get("unexpected_rows")
    if not rows:
        return None
    try:
        return frozenset((row["account_key"], _day(row["dt"])) for row in rows)
    except (KeyError, TypeError):
        return None


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
