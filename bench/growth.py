"""What one more day costs after a month, a year and three years of history."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from rich.console import Console

from bench.history import Hand, World, configure, days_from, evening_after, land_days, open_world
from bench.report import record, seconds_of
from expectations.runner import gate_lake
from extractors.core.known import SETTLED_NS
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.compaction import compact_lake
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import current_id
from warehouse.site import Site

HISTORIES = (30, 365, 1095)
ACCOUNTS, POSTS, NEW_POSTS = 200, 20_000, 20
LAST = date(2026, 4, 30)  # of every history, so that calendars are the same
LIMIT = 1.2
STEPS = ("gate", "plan", "build", "audit", "publish")
MODELS_SHOWN = 6
ROUNDS = 6  # each of the three begins twice


@dataclass(frozen=True)
class History:
    """An installation with a published history of so many days."""

    days: int
    world: World
    site: Site
    clock: Hand


@dataclass(frozen=True)
class Day:
    """One more day: seconds per step and per dbt model."""

    history: int
    steps: dict[str, float]
    models: dict[str, float]

    @property
    def seconds(self) -> float:
        """The whole day."""
        return sum(self.steps.values())


def run(
    seed: int,
    *,
    histories: Sequence[int] = HISTORIES,
    accounts: int = ACCOUNTS,
    posts: int = POSTS,
    rounds: int = ROUNDS,
    page: Path | None = None,
) -> int:
    """Measure days more after each history; return 1 when those after the longest cost too much.

    Histories take turns, and another one begins each round, so that what else the machine does, and
    what one leaves behind, meets all of them.
    """
    del seed
    with tempfile.TemporaryDirectory() as folder:
        begun = [begin(Path(folder) / str(days), days, accounts, posts) for days in histories]
        turns = []
        for nth in range(1, rounds + 1):
            first = nth % len(begun)
            in_turn = (*begun[first:], *begun[:first])
            days = [one_more_day(history, LAST + timedelta(days=nth)) for history in in_turn]
            turns.append(sorted(days, key=lambda day: day.history))
            Console().print([f"{day.history} days: {day.seconds:.1f} s" for day in turns[-1]])
    found = [_usual(days) for days in zip(*turns, strict=True)]
    lines = _lines(found, accounts, posts, rounds)
    record("growth", "one more day", lines, *([page] if page else []))
    return int(found[-1].seconds / found[0].seconds > LIMIT)


def begin(home: Path, days: int, accounts: int, posts: int) -> History:
    """Publish a history of so many days."""
    world = World(accounts, posts, NEW_POSTS, LAST - timedelta(days=days - 1))
    configure(home, world)
    site, clock = open_world(home)
    *before, newest = days_from(world.first, days)
    land_days(site, world, before, is_gated=True)
    clock.moment = evening_after(LAST)
    compact_lake(site.settings)
    # days that land a second before the newest file might be written again; a real history is older
    time.sleep(2 * SETTLED_NS / 1e9)
    land_days(site, world, [newest], is_gated=True)
    release_day(site, clock, LAST)
    time.sleep(2 * SETTLED_NS / 1e9)
    return History(days, world, site, clock)


def one_more_day(history: History, day: date) -> Day:
    """Land the next day of a history and time its release."""
    site = history.site
    land_days(site, history.world, [day], is_gated=False)
    steps = release_day(site, history.clock, day)
    assert (current_id(site.settings) or "").endswith(f"{day:%Y%m%d}")
    results = json.loads((site.settings.build_dir / "dbt/build/run_results.json").read_text())
    models: dict[str, float] = {}
    for result in results["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        shown = name if kind == "model" else f"all {kind}s"
        models[shown] = models.get(shown, 0.0) + result["execution_time"]
    return Day(history.days, steps, models)


def _usual(days: Sequence[Day]) -> Day:
    """Return the median of several days after one history, for each step and model."""
    steps = {step: median(day.steps[step] for day in days) for step in STEPS}
    names = {name for day in days for name in day.models}
    models = {name: median(day.models.get(name, 0.0) for day in days) for name in names}
    return Day(days[0].history, steps, models)


def release_day(site: Site, clock: Hand, day: date) -> dict[str, float]:
    """Take a day through every step of a release; return the seconds of each."""
    clock.moment = evening_after(day)
    plans: list[str] = []

    def plan() -> None:
        found = make_plan(site)
        assert found is not None
        plans.append(found.plan_id)

    steps: tuple[Callable[[], object], ...] = (
        lambda: gate_lake(site.lake, site.settings),
        plan,
        lambda: build_candidate(site, plans[0]),
        lambda: audit_candidate(site, plans[0]),
        lambda: publish_candidate(site, plans[0]),
    )
    return {name: seconds_of(step) for name, step in zip(STEPS, steps, strict=True)}


def _lines(found: Sequence[Day], accounts: int, posts: int, rounds: int) -> list[str]:
    first, last = found[0], found[-1]
    growing = sorted(last.models, key=lambda name: first.models.get(name, 0) - last.models[name])
    names = [*STEPS, "whole day", *(f"dbt: {name}" for name in growing[:MODELS_SHOWN])]
    spent = [
        {**day.steps, "whole day": day.seconds, **{f"dbt: {n}": s for n, s in day.models.items()}}
        for day in found
    ]
    return [
        f"{accounts} accounts and {posts:,} posts a day, in a lake that is compacted; seconds of "
        f"one more day (the median of {rounds} in a row, histories taking turns), and the ratio of "
        f"the last to the first history. The aim is at most {LIMIT}.",
        "",
        f"| | {' | '.join(f'{day.history:,} days' for day in found)} | ratio |",
        f"|---|{'---|' * (len(found) + 1)}",
        *(
            f"| {name} | {' | '.join(f'{s.get(name, 0):.1f}' for s in spent)} | "
            f"{spent[-1].get(name, 0) / max(spent[0].get(name, 0), 0.05):.1f} |"
            for name in names
        ),
        "",
        "Of dbt's models (four threads, so they overlap) those that grow most.",
    ]
