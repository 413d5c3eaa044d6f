"""Great Expectations as the gates use it: loaded without Spark, and without what waits to be used.

Where pyspark is installed, the library loads all of it for types of its own. The gates hand it SQL
alone; and loading parts of pyspark ends a process whose main module has no file, such as a worker
of a test run or of a pool. scipy's distributions, a third of the time of the import, serve a few
expectations on distributions: they are loaded when one of those runs. Its thousands of classes
stay for good, so the import neither waits for the collector of garbage nor leaves it work.
"""

import gc
import importlib.util
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


@contextmanager
def _for_good() -> Iterator[None]:
    """Let no garbage be looked for in what is about to be loaded, now or later."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _when_used(module: str) -> None:
    """Let a module be loaded by the first use of what is in it."""
    spec = importlib.util.find_spec(module)
    if module in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    waiting = sys.modules[module] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(waiting)
    package, _, name = module.rpartition(".")
    # found there, it is not asked for its state, which would load it
    setattr(sys.modules[package], name, waiting)


_when_used("scipy.stats")
with _hidden("pyspark"), _for_good():
    import great_expectations as gx
    from great_expectations import expectations as known_expectations
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.metrics.metric_provider import metric_value
    from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

__all__ = [
    "ExecutionEngine",
    "Expectation",
    "SQLDatasource",
    "SqlAlchemyExecutionEngine",
    "TableMetricProvider",
    "gx",
    "known_expectations",
    "metric_value",
]
