"""Great Expectations as the gates use it: loaded without Spark, which it would otherwise start.

Where pyspark is installed, the library loads all of it for types of its own. The gates hand it SQL
alone; and loading parts of pyspark ends a process whose main module has no file, such as a worker
of a test run or of a pool.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing may leave the machine


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    before = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment] # an import then fails as if not there
    try:
        yield
    finally:
        if before is None:
            del sys.modules[package]
        else:
            sys.modules[package] = before


with _hidden("pyspark"):
    import great_expectations as gx
    from great_expectations import expectations as known_expectations
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import Expectation

__all__ = [
    "ExecutionEngine",
    "Expectation",
    "SQLDatasource",
    "SqlAlchemyExecutionEngine",
    "gx",
    "known_expectations",
]
