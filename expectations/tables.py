"""Checks of our own on published tables, as portable SQL that returns the offending rows.

In a query {batch} holds the rows to judge.
"""

from collections.abc import Callable, Mapping, Sequence


def the_key(columns: Sequence[str]) -> str:
    """Find keys that stand twice, or that lack a value.

    One query for both: the library takes longer to hand a query over than most of them run.
    """
    listed = ", ".join(columns)
    is_missing = " or ".join(f"{column} is null" for column in columns)
    return (
        f"select {listed}, count(*) as times from {{batch}} "
        f"group by {listed} having count(*) > 1 or {is_missing}"
    )


TABLE_CHECKS: Mapping[str, Callable[..., str]] = {"expect_columns_to_be_the_key": the_key}
