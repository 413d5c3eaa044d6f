"""The gates: their share of a day's run, and Great Expectations beside plain SQL."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import duckdb
from rich.console import Console

from bench.history import (
    PLATFORM,
    World,
    configure,
    days_from,
    evening_after,
    land_days,
    morning_after,
    open_world,
)
from bench.report import record
from bench.served import served
from bench.weibo import make_app
from expectations.suites import Check, Suite
from expectations.validate import Validator

HISTORY, ACCOUNTS, POSTS, NEW_POSTS = 30, 200, 20_000, 667  # a post is counted for 30 days
LAST = date(2026, 4, 30)
STEPS = ("gate", "plan", "build", "audit", "publish")
LIMIT = 0.15
ONE, MANY = "one command", "a command a step"
ROWS = 10_000_000
COLUMNS = 10  # two checks each
BROKEN_EVERY = 100

#: the rows that break each check, by the name of its rule
Found = dict[str, int]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Pair:
    """The seconds of twenty checks both ways, and whether they found the same."""

    plain: float
    judged: float
    is_equal: bool


def run(
    seed: int,
    *,
    rows: int = ROWS,
    accounts: int = ACCOUNTS,
    posts: int = POSTS,
    page: Path | None = None,
) -> int:
    """Measure both; return one for a share above the limit and one for each differing answer."""
    del seed
    world = World(accounts, posts, NEW_POSTS, LAST - timedelta(days=HISTORY - 1))
    with tempfile.TemporaryDirectory() as folder:
        days = days_of_commands(Path(folder), world)
    with tempfile.TemporaryDirectory() as folder:
        pairs = {kind: compare(Path(folder), rows, kind) for kind in ("passing", "failing")}
    lines = [*_share_lines(world, days), "", *_pair_lines(rows, pairs)]
    Console().print("\n".join(lines))
    record("gates", "what judging costs", lines, *([page] if page else []))
    return int(share_of(days[ONE]) > LIMIT) + sum(not pair.is_equal for pair in pairs.values())


def days_of_commands(home: Path, world: World) -> dict[str, dict[str, float]]:
    """Release a history, then run two days both ways; return the seconds of each step.

    A day is read from a server beside it, as fast as the platform allows each account.
    """
    configure(home, world)
    site, _ = open_world(home)
    land_days(site, world, days_from(world.first, HISTORY), is_gated=True)
    _run(home, evening_after(LAST), "release")
    found = {}
    for n, (way, run_day) in enumerate({ONE: one_command, MANY: a_command_a_step}.items(), 1):
        day = LAST + timedelta(days=n)
        found[way] = {"extract": read_day(home, world, day), **run_day(home, day)}
    return found


def read_day(home: Path, world: World, day: date) -> float:
    """Read a day as the command does; return the seconds."""
    with served(make_app, world, day) as url:
        read = partial(_run, home, morning_after(day), "extract", PLATFORM, f"--dt={day}")
        return _timed(partial(read, environ=_connections(world, url)))[0]


def _connections(world: World, url: str) -> dict[str, str]:
    return {
        f"AIRFLOW_CONN_TIDEMARK_{key.upper()}": json.dumps(
            {"host": url, "extra": {"access_token": key}}
        )
        for key in world.account_keys
    }


def one_command(home: Path, day: date) -> dict[str, float]:
    """Release a day in one process, which tells each step as it begins."""
    moments = [("start", time.perf_counter())]
    with _started(home, evening_after(day), "release") as running:
        assert running.stdout is not None
        for line in running.stdout:
            if (step := line.removeprefix("… ").split()[0]) in STEPS:
                moments.append((step, time.perf_counter()))
    assert running.returncode == 0
    moments.append(("end", time.perf_counter()))
    return {step: after - before for (step, before), (_, after) in pairwise(moments)}


def a_command_a_step(home: Path, day: date) -> dict[str, float]:
    """Release a day as orchestration does: each step is a process with its own imports."""
    return {step: _timed(partial(_run, home, evening_after(day), step))[0] for step in STEPS}


def share_of(steps: Mapping[str, float]) -> float:
    """Return the share of both gates in a run, or in a part of one."""
    return (steps["gate"] + steps["audit"]) / sum(steps.values())


def release_of(steps: Mapping[str, float]) -> dict[str, float]:
    """Return the steps after reading."""
    return {step: seconds for step, seconds in steps.items() if step != "extract"}


def compare(folder: Path, rows: int, kind: str) -> Pair:
    """Run twenty checks on a table both ways."""
    database = folder / f"{kind}.duckdb"
    _make_table(database, rows, is_broken=kind == "failing")
    plain_seconds, plain = _timed(lambda: _plain(database))
    expected = rows // BROKEN_EVERY if kind == "failing" else 0
    assert set(plain.values()) == {expected}, plain
    judged_seconds, judged = _timed(lambda: _judged(database))
    return Pair(plain_seconds, judged_seconds, judged == plain)


def _run(home: Path, now: datetime, *words: str, environ: Mapping[str, str] | None = None) -> None:
    with _started(home, now, *words, environ=environ) as running:
        said, _ = running.communicate()
    assert running.returncode == 0, f"{words}: {said}"


def _started(
    home: Path, now: datetime, *words: str, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    clock = home / "clock"
    clock.write_text(now.isoformat())
    environ = {
        **os.environ,
        **(environ or {}),
        "TIDEMARK_HASH_SECRET": "bench",
        "PYTHONUNBUFFERED": "1",
        "TIDEMARK_HOME": str(home),
        "TIDEMARK_CONFIG": str(home / "config"),
        "TIDEMARK_LAKE": (home / "lake").as_uri(),
        "TIDEMARK_CLOCK_FILE": str(clock),
    }
    program = str(Path(sys.executable).parent / "tidemark")
    return subprocess.Popen(
        [program, *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _make_table(database: Path, rows: int, *, is_broken: bool) -> None:
    broken = f"i % {BROKEN_EVERY} = 0" if is_broken else "false"
    columns = ", ".join(
        f"if({broken}, null, i + {n}) as filled_{n}, if({broken}, -1, i + {n}) as positive_{n}"
        for n in range(COLUMNS)
    )
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table judged as select {columns} from range({rows}) as t(i)")


def _plain(database: Path) -> Found:
    """Ask one query a check, as a person would write them."""
    queries = {f"filled_{n}": f"filled_{n} is null" for n in range(COLUMNS)}
    queries |= {f"positive_{n}": f"positive_{n} < 0" for n in range(COLUMNS)}
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            rule: connection.execute(f"select count(*) from judged where {broken}").fetchall()[0][0]
            for rule, broken in queries.items()
        }


def _judged(database: Path) -> Found:
    """Run the same checks as a suite."""
    checks = [
        check
        for n in range(COLUMNS)
        for check in (
            _check("expect_column_values_to_not_be_null", f"filled_{n}"),
            _check("expect_column_values_to_be_between", f"positive_{n}", min_value=0),
        )
    ]
    validator = Validator(database)
    try:
        results = validator.run(Suite("judged", "bench", tuple(checks)), "judged")
    finally:
        validator.close()
    return {result.check.rule: result.unexpected for result in results}


def _check(kind: str, column: str, **arguments: int) -> Check:
    return Check(kind, {"column": column, **arguments}, "critical", column)


def _timed(step: Callable[[], Answer]) -> tuple[float, Answer]:
    started = time.perf_counter()
    answer = step()
    return time.perf_counter() - started, answer


def _share_lines(world: World, days: Mapping[str, Mapping[str, float]]) -> Sequence[str]:
    names = ("extract", "start", *STEPS)
    return [
        f"A day of {world.accounts} accounts and {world.posts:,} posts after {HISTORY} days; "
        "seconds with imports. They are read from a server on the same machine, as fast as the "
        f"platform allows each account. The aim is a share of the run under {LIMIT:.0%}.",
        "",
        f"| | {' | '.join(names)} | whole run | gates in the run | gates in the release |",
        f"|{'---|' * (len(names) + 4)}",
        *(
            f"| {way} | {' | '.join(f'{steps.get(name, 0):.1f}' for name in names)} | "
            f"{sum(steps.values()):.1f} | {share_of(steps):.0%} | "
            f"{share_of(release_of(steps)):.0%} |"
            for way, steps in days.items()
        ),
    ]


def _pair_lines(rows: int, pairs: Mapping[str, Pair]) -> Sequence[str]:
    equal = "the same" if all(pair.is_equal for pair in pairs.values()) else "DIFFERENT"
    return [
        f"{2 * COLUMNS} checks on {rows:,} rows, seconds; failing: every {BROKEN_EVERY}th row "
        f"breaks each check. Both ways found {equal} rows.",
        "",
        "| | plain SQL | Great Expectations | ratio |",
        "|---|---|---|---|",
        *(
            f"| {kind} | {pair.plain:.2f} | {pair.judged:.2f} | {pair.judged / pair.plain:.1f} |"
            for kind, pair in pairs.items()
        ),
    ]
