"""docs/benchmarks.md: one section per bench, rewritten by the bench that measured it."""

import importlib.metadata
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tidemark.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "benchmarks.md"
PACKAGES = ("duckdb", "dbt-core", "great-expectations", "pyarrow", "requests")
HEAD = """\
# Benchmarks

`make bench BENCH=<name>` measures and rewrites its own section; figures of one section are of one
run on one machine. Machines are shared and noisy: read the ratios.
"""


def record(name: str, title: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """Write what one bench measured, with machine and versions, in place of its last run."""
    text = page.read_text("utf-8") if page.exists() else HEAD
    section = "\n".join([f"## {name}: {title}", "", machine(), "", *lines, ""])
    found = re.compile(rf"^## {name}: .*?(?=^## |\Z)", re.M | re.S)
    if found.search(text):
        text = found.sub(lambda _: f"{section}\n", text)
    else:
        text = f"{text.rstrip()}\n\n{section}"
    page.write_text(text.rstrip() + "\n", "utf-8")


def seconds_of(step: Callable[[], object]) -> float:
    """Run a step and return its wall seconds."""
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def machine() -> str:
    """Return cores, memory, processor and versions in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    cores = len(os.sched_getaffinity(0))
    python = platform.python_version()
    return f"{cores} cores, {memory:.0f} GiB, {_processor()}; Python {python}, {versions}."


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "unknown")
