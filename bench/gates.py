"""The gates: their share of a day's run, and Great Expectations beside plain SQL."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb
from rich.console import Console

from bench.history import World, configure, days_from, evening_after, land_days, open_world
from bench.report import record
from expectations.suites import Check, Suite
from expectations.validate import Validator

HISTORY, ACCOUNTS, POSTS, NEW_POSTS = 30, 200, 20_000, 20
LAST = date(2026, 4, 30)
STEPS = ("gate", "plan", "build", "audit", "publish")
LIMIT = 0.15
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
        steps = day_of_commands(Path(folder), world)
    with tempfile.TemporaryDirectory() as folder:
        pairs = {kind: compare(Path(folder), rows, kind) for kind in ("passing", "failing")}
    share = (steps["gate"] + steps["audit"]) / sum(steps.values())
    lines = [*_share_lines(world, steps, share), "", *_pair_lines(rows, pairs)]
    Console().print("\n".join(lines))
    record("gates", "what judging costs", lines, *([page] if page else []))
    return int(share > LIMIT) + sum(not pair.is_equal for pair in pairs.values())


def day_of_commands(home: Path, world: World) -> dict[str, float]:
    """Release a history, then run a day's commands; return the seconds of each."""
    configure(home, world)
    site, _ = open_world(home)
    land_days(site, world, days_from(world.first, HISTORY), is_gated=True)
    _command(home, LAST, "release")
    day = LAST + timedelta(days=1)
    land_days(site, world, [day], is_gated=False)
    return {step: _timed(partial(_command, home, day, step))[0] for step in STEPS}


def compare(folder: Path, rows: int, kind: str) -> Pair:
    """Run twenty checks on a table both ways."""
    database = folder / f"{kind}.duckdb"
    _make_table(database, rows, is_broken=kind == "failing")
    plain_seconds, plain = _timed(lambda: _plain(database))
    expected = rows // BROKEN_EVERY if kind == "failing" else 0
    assert set(plain.values()) == {expected}, plain
    judged_seconds, judged = _timed(lambda: _judged(database))
    return Pair(plain_seconds, judged_seconds, judged == plain)


def _command(home: Path, day: date, *words: str) -> None:
    clock = home / "clock"
    clock.write_text(evening_after(day).isoformat())
    environ: Mapping[str, str] = {
        **os.environ,
        "TIDEMARK_HOME": str(home),
        "TIDEMARK_CONFIG": str(home / "config"),
        "TIDEMARK_LAKE": (home / "lake").as_uri(),
        "TIDEMARK_CLOCK_FILE": str(clock),
    }
    program = Path(sys.executable).parent / "tidemark"
    done = subprocess.run(
        [str(program), *words], env=environ, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


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


def _share_lines(world: World, steps: Mapping[str, float], share: float) -> Sequence[str]:
    return [
        f"A day of {world.accounts} accounts and {world.posts:,} posts after {HISTORY} days, each "
        f"step a command of its own with its imports, extraction apart. The gates are {share:.0%} "
        f"of {sum(steps.values()):.1f} s; the aim is under {LIMIT:.0%}.",
        "",
        f"| {' | '.join(steps)} |",
        f"|{'---|' * len(steps)}",
        f"| {' | '.join(f'{seconds:.1f}' for seconds in steps.values())} |",
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
