"""How fast comments come in, against dlt and against what bare requests take, in one run."""

import json
import math
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.extraction.server import TIMES, Load, make_app
from bench.served import served

LOAD = Load(accounts=20, videos=5, pages=20)
RIVALS = ("dlt", "dlt, parallel", "dlt, Arrow")
#: latency in seconds: at most so many times the floor, at least so many times as fast as dlt as
#: its documentation writes it, and as its fastest setting
TARGETS = {0.0: (2.0, 1.0, 2.5), 0.05: (1.3, 10.0, 1.4)}
LARGE = Load(accounts=4, videos=25, pages=1000)  # five million comments
MEMORY_MIB = 512
LIMITS = (50.0, 200.0)  # calls a second
LIMITED_SECONDS, USED_SHARE = 10, 0.95

CONTENDERS_MODULE = "bench.extraction.contenders"

Figures = dict[str, float]


def measure(name: str, url: str, load: Load, folder: str) -> Figures:
    """Run one contender in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", CONTENDERS_MODULE, name, url, folder, json.dumps(asdict(load))],
        capture_output=True,
        text=True,
        env={**os.environ, "TIDEMARK_HASH_SECRET": "bench"},
        cwd=Path(__file__).parents[2],
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    if found["rows"] != load.rows:
        raise RuntimeError(f"{name} brought {found['rows']:.0f} of {load.rows} rows")
    return found


def run(seed: int) -> int:
    """Measure; print the tables; return how many targets were missed."""
    console = Console()
    missed = [
        *(text for latency in TARGETS for text in _speed(console, latency)),
        *_memory(console),
        *(text for limit in LIMITS for text in _rate(console, limit)),
    ]
    for text in missed:
        console.print(f"[red]missed[/] {text}", highlight=False)
    return len(missed)


def _speed(console: Console, latency: float) -> Iterator[str]:
    load = replace(LOAD, latency_seconds=latency)
    found = {}
    with served(make_app, load) as url:
        for name in ("floor", "tidemark", *RIVALS):
            with tempfile.TemporaryDirectory() as folder:
                found[name] = measure(name, url, load, folder)
    console.print(_table(load, found))
    own = found["tidemark"]["seconds"]
    at_most, default, fastest = TARGETS[latency]
    times_floor = own / found["floor"]["seconds"]
    times_default = found["dlt"]["seconds"] / own
    times_fastest = min(found[name]["seconds"] for name in RIVALS) / own
    if times_floor > at_most:
        yield f"{latency} s: {times_floor:.2f} times the floor, {at_most} at most"
    if times_default < default:
        yield f"{latency} s: {times_default:.2f} times as fast as dlt, {default} at least"
    if times_fastest < fastest:
        yield f"{latency} s: {times_fastest:.2f} times as fast as its best, {fastest} at least"


def _memory(console: Console) -> Iterator[str]:
    """Read a tenth and all of a large load, in two processes as tasks do."""
    for load in (replace(LARGE, pages=LARGE.pages // 10), LARGE):
        with served(make_app, load) as url, tempfile.TemporaryDirectory() as folder:
            for name in ("tidemark extraction", "tidemark gate"):
                figures = measure(name, url, load, folder)
                peak, seconds = figures["peak_mib"], figures["seconds"]
                console.print(f"{name}, {load.rows:,} comments: {peak:.0f} MiB, {seconds:.0f} s")
                if peak > MEMORY_MIB:
                    yield f"{name}, {load.rows:,} comments: {peak:.0f} MiB, {MEMORY_MIB} at most"


def _rate(console: Console, limit: float) -> Iterator[str]:
    """Read under a rate limit: how much of it is used, and whether it is ever passed."""
    pages = math.ceil(limit * LIMITED_SECONDS / LOAD.videos)
    load = Load(1, LOAD.videos, pages, latency_seconds=0.01, calls_per_second=limit)
    with served(make_app, load) as url, tempfile.TemporaryDirectory() as folder:
        measure("tidemark extraction", url, load, folder)
        with urllib.request.urlopen(url + TIMES) as answer:
            times = sorted(json.loads(answer.read()))
    used = (len(times) - 1) / (times[-1] - times[0]) / limit
    most = max(sum(t <= other < t + 1 for other in times[n:]) for n, t in enumerate(times))
    console.print(f"limit of {limit:.0f} calls/s: {used:.1%} used, at most {most} in a second")
    if used < USED_SHARE:
        yield f"limit of {limit:.0f} calls/s: {used:.1%} used, {USED_SHARE:.0%} at least"
    if most > limit:
        yield f"limit of {limit:.0f} calls/s: {most} calls came in one second"


def _table(load: Load, found: dict[str, Figures]) -> Table:
    own = found["tidemark"]["seconds"]
    title = (
        f"{load.rows:,} comments in {load.calls:,} calls of {load.latency_seconds * 1000:.0f} ms"
    )
    table = Table("", "seconds", "rows/s", "time / tidemark's", "peak MiB", title=title)
    for name, figures in found.items():
        seconds = figures["seconds"]
        table.add_row(
            name,
            f"{seconds:.1f}",
            f"{load.rows / seconds:,.0f}",
            f"{seconds / own:.2f}",
            f"{figures['peak_mib']:.0f}",
        )
    return table
