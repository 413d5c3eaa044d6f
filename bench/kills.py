"""Kill -9 at seeded moments of every step, then recovery, then comparison with a calm run.

Recovery is what a scheduler does: the same command again, and those behind it.
"""

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from bench.fingerprint import Fingerprint, differences, glimpse, survey
from bench.mortal import End, answer_of, run_command, start_server
from tidemark.orchestration.demo import drop_sheets, set_clock, start_sandbox
from tidemark.orchestration.local import running_services
from tidemark.orchestration.rest import request_json

POINTS = 200
DEEP_EVERY = 8  # so often everything behind the killed step is run and compared too
FIRST, UNTIL, DAY = date(2026, 4, 1), date(2026, 4, 14), date(2026, 4, 15)

PLATFORMS = ("douyin", "wechat", "douyin_shop")
FORCED = ("release", "--force")
SCENES = 2  # at a time, each with a sandbox of its own

PLAN = "--plan"  # stands for the plan's id, which a scheduler passes from task to task
OLDER = "--older"  # stands for the id of the release before the newest
BACK = ("rollback", OLDER)

Command = tuple[str, ...]


class StepFailed(Exception):
    """A command that nobody killed ended badly."""


@dataclass(frozen=True)
class Step:
    """One command of a day, and how often it is picked to be killed."""

    command: Command
    weight: int

    @property
    def name(self) -> str:
        """The command without the values of its options."""
        return " ".join(word.lstrip("-") for word in self.command if "=" not in word)


STEPS = (
    Step(("drop",), 2),
    *(Step(("extract", platform, f"--dt={DAY}"), 3) for platform in PLATFORMS),
    Step(("gate",), 3),
    Step(("plan",), 2),
    Step(("build", PLAN), 2),
    Step(("audit", PLAN), 2),
    Step(("publish", PLAN), 5),
    Step(("alerts", "evaluate"), 2),
    Step(("alerts", "deliver"), 3),
    Step(("lake", "compact", f"--before={DAY}"), 3),
    Step(BACK, 3),
    Step(("alerts", "evaluate"), 1),
    Step(("alerts", "deliver"), 1),
    Step(("rollback", "--resume"), 1),
)


@dataclass(frozen=True)
class Point:
    """Where to kill: a step, and a share of its moments or of its time."""

    number: int
    step: int
    by: str  # moment or time
    share: float

    def __str__(self) -> str:
        return f"#{self.number} {STEPS[self.step].name} at {self.share:.3f} of its {self.by}"


@dataclass(frozen=True)
class Calm:
    """A step that nobody disturbed: how it went, and what the installation showed after it."""

    end: End
    before: Fingerprint  # of what readers see
    after: Fingerprint
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a kill came to."""

    point: Point
    was_hit: bool
    problems: tuple[str, ...]
    doubled: int


@dataclass(frozen=True)
class Scene:
    """One installation beside a sandbox, with a snapshot of its files before every step."""

    home: Path
    environ: Mapping[str, str]
    sandbox_url: str
    work: Path

    def run(self, command: Command, **death: Any) -> End:
        """Run a command; raise when it ends badly without having been killed."""
        ids = {PLAN: self.plan_id, OLDER: self.older_id}
        words = tuple(ids[word]() if word in ids else word for word in command)
        end = run_command(words, self.environ, self.work / "commands.log", **death)
        if end.code:
            tail = "\n".join((self.work / "commands.log").read_text().splitlines()[-15:])
            raise StepFailed(f"tidemark {' '.join(command)} ended with {end.code}:\n{tail}")
        return end

    def plan_id(self) -> str:
        """Return the id of the open plan, or of the release that it became."""
        plans = sorted((self.home / "build").glob("r*/plan.json"))
        if plans:
            return plans[-1].parent.name
        return (self.home / "published" / "tidemark.duckdb").readlink().stem

    def older_id(self) -> str:
        """Return the id of the release before the newest."""
        return sorted((self.home / "published" / "releases").glob("*.duckdb"))[-2].stem

    def keep(self, number: int) -> None:
        """Take the snapshot before a step."""
        shutil.copytree(self.home, self._snapshot(number), symlinks=True)

    def restore(self, number: int) -> None:
        """Put every file back as it was before a step."""
        shutil.rmtree(self.home)
        shutil.copytree(self._snapshot(number), self.home, symlinks=True)

    def survey(self) -> tuple[Fingerprint, list[str]]:
        """Return what the installation shows, and what is torn."""
        return cast(tuple[Fingerprint, list[str]], answer_of(survey, str(self.home)))

    def glimpse(self) -> tuple[Fingerprint, list[str]]:
        """Return what readers see now, and what is torn."""
        return cast(tuple[Fingerprint, list[str]], answer_of(glimpse, str(self.home)))

    def messages(self) -> list[str]:
        """Return the texts that the channel has accepted so far."""
        found = request_json(f"{self.sandbox_url}/_sandbox/messages")
        return [message["text"] for message in cast(list[dict[str, Any]], found)]

    def _snapshot(self, number: int) -> Path:
        return self.work / "snapshots" / str(number)


def run(seed: int, points: int = POINTS, only: int | None = None) -> int:
    """Run a campaign; return how many points ended differently than the calm run."""
    start_server()
    console = Console(width=120)
    drawn = [point for point in draw(seed, points) if only in (None, point.number)]
    shares = [drawn[n::SCENES] for n in range(min(SCENES, len(drawn)))]
    with (
        tempfile.TemporaryDirectory(prefix="kills-") as folder,
        running_services() as services,
        ThreadPoolExecutor(len(shares)) as pool,
    ):
        scenes = [_scene(Path(folder) / str(n), services) for n in range(len(shares))]
        found = list(pool.map(_campaign, scenes, shares))
    outcomes = [outcome for each in found for outcome in each[1]]
    for outcome in outcomes:
        for problem in outcome.problems:
            console.print(f"[red]{outcome.point}[/] (seed {seed}): {problem}", soft_wrap=True)
    console.print(_summary(outcomes, found[0][0]))
    return sum(bool(outcome.problems) for outcome in outcomes)


def _campaign(scene: Scene, points: Sequence[Point]) -> tuple[list[Calm], list[Outcome]]:
    """Live the day undisturbed, then kill at one point after the other."""
    _begin(scene)
    calm = [_calm(scene, number) for number in range(len(STEPS))]
    if any(each.messages for each in calm[STEPS.index(Step(BACK, 3)) :]):
        raise RuntimeError("a rollback told something without a kill")
    scene.run(FORCED)
    final, _torn = scene.survey()
    return calm, [_try(scene, calm, final, point) for point in points]


def draw(seed: int, points: int) -> list[Point]:
    """Return the points of a seed; a longer campaign begins with those of a shorter one."""
    dice = random.Random(seed)
    weights = [step.weight for step in STEPS]
    return [
        Point(
            number,
            dice.choices(range(len(STEPS)), weights)[0],
            dice.choice(("moment", "time")),
            dice.random(),
        )
        for number in range(points)
    ]


def _scene(work: Path, services: Any) -> Scene:
    """Return an empty installation beside a sandbox of its own."""
    from sandbox.world import connections

    home, clock = work / "home", work / "clock"
    home.mkdir(parents=True)
    set_clock(clock, UNTIL)
    base = {
        **os.environ,
        "TIDEMARK_HOME": str(home),
        "TIDEMARK_CLOCK_FILE": str(clock),
        "TIDEMARK_HASH_SECRET": "bench-only-secret",
    }
    url = start_sandbox(services, work, clock, base)
    return Scene(home, base | connections(url), url, work)


def _begin(scene: Scene) -> None:
    """Live two weeks of history up to the morning of one more day."""
    drop_sheets(scene.home / "inbox", FIRST, UNTIL)
    days = (f"--since={FIRST}", f"--until={UNTIL}", "--no-lookback")
    reads = [("extract", platform, *days) for platform in PLATFORMS]
    told = [("alerts", "evaluate"), ("alerts", "deliver")]
    for command in [("drop",), *reads, ("release",), *told]:
        scene.run(command)
    set_clock(Path(scene.environ["TIDEMARK_CLOCK_FILE"]), DAY)
    drop_sheets(scene.home / "inbox", DAY, DAY)


def _calm(scene: Scene, number: int) -> Calm:
    scene.keep(number)
    heard = len(scene.messages())
    before, _torn = scene.glimpse()
    end = scene.run(STEPS[number].command)
    after, broken = scene.survey()
    if broken:
        raise RuntimeError(f"torn without a kill: {broken}")
    return Calm(end, before, after, tuple(scene.messages()[heard:]))


def _try(scene: Scene, calm: Sequence[Calm], final: Fingerprint, point: Point) -> Outcome:
    """Kill a step at a point, recover, and compare; what does not recover is an outcome too."""
    try:
        return _kill(scene, calm, final, point)
    except StepFailed as error:
        return Outcome(point, True, (f"no recovery: {error}",), 0)


def _kill(scene: Scene, calm: Sequence[Calm], final: Fingerprint, point: Point) -> Outcome:
    scene.restore(point.step)
    heard = len(scene.messages())
    step, undisturbed = STEPS[point.step], calm[point.step]
    end = scene.run(step.command, **_death(point, undisturbed.end))
    seen, broken = scene.glimpse()
    problems = [f"torn before recovery: {text}" for text in broken]
    new = {name: undisturbed.after[name] for name in seen.keys() & undisturbed.after.keys()}
    if seen not in (undisturbed.before, new):
        problems.append("readers saw neither the old release nor the new one")
    scene.run(step.command)
    problems += _compare(scene, undisturbed.after)
    told, expected = Counter(scene.messages()[heard:]), Counter(undisturbed.messages)
    problems += [f"never told: {text[:40]}" for text in expected - told]
    problems += [f"told without reason: {text[:40]}" for text in told.keys() - expected.keys()]
    if point.number % DEEP_EVERY == 0:
        for command in [*(later.command for later in STEPS[point.step + 1 :]), FORCED]:
            scene.run(command)
        problems += [f"at the end: {text}" for text in _compare(scene, final)]
    return Outcome(point, end.code is None, tuple(problems), (told - expected).total())


def _death(point: Point, calm: End) -> dict[str, Any]:
    if point.by == "moment":
        return {"dies_at": 1 + int(point.share * calm.moments)}
    return {"dies_after": point.share * calm.seconds}


def _compare(scene: Scene, expected: Fingerprint) -> list[str]:
    found, broken = scene.survey()
    return [*differences(expected, found), *(f"torn after recovery: {text}" for text in broken)]


def _summary(outcomes: Sequence[Outcome], calm: Sequence[Calm]) -> Table:
    table = Table("step", "calm s", "points", "killed", "different", "told twice", title="Kills")
    for number, step in enumerate(STEPS):
        own = [outcome for outcome in outcomes if outcome.point.step == number]
        table.add_row(
            step.name,
            f"{calm[number].end.seconds:.1f}",
            str(len(own)),
            str(sum(outcome.was_hit for outcome in own)),
            str(sum(bool(outcome.problems) for outcome in own)),
            str(sum(outcome.doubled for outcome in own)),
        )
    killed = sum(outcome.was_hit for outcome in outcomes)
    different = sum(bool(outcome.problems) for outcome in outcomes)
    table.add_row("all", "", str(len(outcomes)), str(killed), str(different), "", style="bold")
    return table
