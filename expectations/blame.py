"""Whose fault a broken check is: all slices (batch, account, day) behind it.

Great Expectations returns a few of the offending rows and cuts the list; a slice that it does not
show would pass. So what broke in a raw suite is asked once more, as rows grouped by slice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from expectations.suites import Check, SuiteError
from extractors.core.landed import sql_text

SliceId = tuple[str, str, date]  # batch, account, day
SLICE = "_batch_id, account_key, dt"
SHOWN_LETTERS = 300


@dataclass(frozen=True)
class Blame:
    """How many rows of a slice break a check, and one of them."""

    rows: int
    sample: str


def offending_rows(check: Check, table: str) -> str:
    """Return the query for the rows of a table that break a check; SuiteError if there is none."""
    if check.query is not None:
        return check.query.replace("{batch}", f'"{table}"')
    if check.type not in CONDITIONS:
        known = ", ".join(sorted(CONDITIONS))
        raise SuiteError(
            f"{check.rule}: a raw suite cannot tell which slices break {check.type}; use {known}, "
            "a check of expectations/slices.py or a query that returns " + SLICE
        )
    try:
        condition = CONDITIONS[check.type](**check.kwargs)
    except TypeError as error:
        raise SuiteError(f"{check.rule}: {error}; correct its kwargs") from None
    column = check.kwargs["column"]
    return f'select {SLICE}, "{column}" from "{table}" where {condition}'


def by_slice(query: str) -> str:
    """Return the query that counts offending rows per slice and shows one of each."""
    return (
        f"select {SLICE}, count(*), cast(any_value(bad) as varchar) "
        f"from ({query}) as bad group by {SLICE}"
    )


def read_blame(rows: list[tuple[Any, ...]]) -> dict[SliceId, Blame]:
    """Return the answer to `by_slice` by slice."""
    return {
        (batch_id, account_key, dt): Blame(count, sample[:SHOWN_LETTERS])
        for batch_id, account_key, dt, count, sample in rows
    }


def _null(column: str) -> str:
    return f'"{column}" is null'


def _outside(column: str, min_value: float | None = None, max_value: float | None = None) -> str:
    low = [] if min_value is None else [f'"{column}" < {min_value}']
    high = [] if max_value is None else [f'"{column}" > {max_value}']
    return " or ".join([*low, *high])


def _strange(column: str, value_set: list[Any]) -> str:
    listed = ", ".join(_literal(value) for value in value_set)
    return f'"{column}" not in ({listed})'


def _literal(value: Any) -> str:
    return sql_text(value) if isinstance(value, str) else str(value)


#: the expectations on one column that a raw suite may use, as the condition of an offending row
CONDITIONS: Mapping[str, Callable[..., str]] = {
    "expect_column_values_to_not_be_null": _null,
    "expect_column_values_to_be_between": _outside,
    "expect_column_values_to_be_in_set": _strange,
}
