"""A full rebuild of the post days against hand-written DuckDB scripts on the same Parquet."""

import json
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from rich.console import Console

from bench.history import World, configure, days_from, evening_after, land_days, open_world
from bench.report import record
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.plans import plan_dir

ACCOUNTS, DAYS, ROWS = 200, 365, 20_000_000
TARGET_ROWS = 100_000_000
NEW_POSTS = 200
LAST = date(2026, 4, 30)
LIMIT = 1.5
SQL = Path(__file__).parent / "sql"
MODEL = "model.tidemark.fct_post_day"
MODEL_FILE = "models/marts/content/fct_post_day.sql"

#: (folder of the installation, the days of the history) -> seconds of the result alone
Contender = Callable[[Path, World], float]


@dataclass(frozen=True)
class Cost:
    """What a contender needed, in a process of its own."""

    whole: float
    result: float  # the seconds in which fct_post_day itself was made
    peak_gib: float
    written_gib: float
    checksum: tuple[int, int]


def run(
    seed: int,
    *,
    rows: int = ROWS,
    days: int = DAYS,
    accounts: int = ACCOUNTS,
    page: Path | None = None,
) -> int:
    """Rebuild and compare; return how many contenders differ, plus one when it took too long."""
    del seed
    world = World(accounts, rows // days, NEW_POSTS, LAST - timedelta(days=days - 1))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        configure(home, world)
        site, _ = open_world(home)
        land_days(site, world, days_from(world.first, days), is_gated=True)
        costs = {
            "tidemark": _measure(tidemark, home, world),
            "tidemark's model alone": _measure(tidemark_alone, home, world),
            "one query": _measure(one_query, home, world),
            "by month, integer keys": _measure(by_month, home, world),
        }
    lines = _lines(costs)
    Console().print("\n".join(lines))
    record("rebuild", "every post day from nothing", lines, *([page] if page else []))
    ours, theirs = costs["tidemark's model alone"], costs["one query"]
    different = sum(cost.checksum != ours.checksum for cost in costs.values())
    return different + int(ours.result > LIMIT * theirs.result)


def tidemark(home: Path, world: World) -> float:
    """Build everything from the lake; return the seconds of the model fct_post_day."""
    del world
    site, clock = open_world(home)
    clock.moment = evening_after(LAST)
    plan = make_plan(site)
    assert plan is not None
    build_candidate(site, plan.plan_id)
    database = plan_dir(site.settings, plan.plan_id) / "candidate.duckdb"
    (home / "built_by_tidemark.duckdb").symlink_to(database)
    results = json.loads((site.settings.build_dir / "dbt/build/run_results.json").read_text())
    spent = {result["unique_id"]: result["execution_time"] for result in results["results"]}
    return float(spent[MODEL])


def tidemark_alone(home: Path, world: World) -> float:
    """Make the table by the project's model again, on the same inputs with nothing beside it."""
    site, _ = open_world(home)
    del world
    model = site.settings.build_dir / "dbt/build/compiled/tidemark" / MODEL_FILE
    alone = home / "built_by_tidemark_alone.duckdb"
    shutil.copyfile(home / "built_by_tidemark.duckdb", home / "candidate.duckdb")
    with duckdb.connect(str(home / "candidate.duckdb")) as database:
        database.execute("set timezone = 'Asia/Shanghai'; set parquet_metadata_cache = true")
        database.execute(f"attach '{alone}' as alone")
        started = time.perf_counter()
        database.execute(f"create table alone.fct_post_day as {model.read_text()}")
        return time.perf_counter() - started


def one_query(home: Path, world: World) -> float:
    """Make the table in one query, with the keys as the platform gives them."""
    del world
    with duckdb.connect(str(home / "built_by_one_query.duckdb")) as database:
        return _timed(database, (SQL / "post_day_one_query.sql").read_text(), home)


def by_month(home: Path, world: World) -> float:
    """Make the table month by month, with posts as numbers and what was last known of each."""
    months = sorted({day.replace(day=1) for day in days_from(world.first, _length(world))})
    with duckdb.connect(str(home / "built_by_by_month.duckdb")) as database:
        spent = _timed(database, (SQL / "post_day_numbers.sql").read_text(), home)
        for month in months:
            text = (SQL / "post_day_month.sql").read_text().replace("{month}", str(month))
            spent += _timed(database, text, home)
    return spent


def _length(world: World) -> int:
    return (LAST - world.first).days + 1


def _timed(database: duckdb.DuckDBPyConnection, text: str, home: Path) -> float:
    """Run a script that reads the lake at {lake}; return its seconds."""
    started = time.perf_counter()
    database.execute("set timezone = 'Asia/Shanghai'; set preserve_insertion_order = false")
    database.execute(text.replace("{lake}", str(home / "lake" / "raw" / "weibo")))
    return time.perf_counter() - started


def _measure(contender: Contender, home: Path, world: World) -> Cost:
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    child = context.Process(target=_child, args=(contender, home, world, answers))
    child.start()
    child.join()
    assert child.exitcode == 0, f"{contender.__name__} ended with {child.exitcode}"
    whole, result, peak, written = answers.get()
    checksum = _checksum(home / f"built_by_{contender.__name__}.duckdb")
    return Cost(whole, result, peak, written, checksum)


def _child(
    contender: Contender,
    home: Path,
    world: World,
    answers: "multiprocessing.queues.SimpleQueue[tuple[float, ...]]",
) -> None:
    started = time.perf_counter()
    result = contender(home, world)
    whole = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    answers.put((whole, result, peak, int(counted["write_bytes"]) / 2**30))


def _checksum(path: Path) -> tuple[int, int]:
    """Return rows and the sum of their hashes, whatever their order."""
    columns = (SQL / "post_day_columns.txt").read_text().split()
    schema = "marts." if path.name == "built_by_tidemark.duckdb" else ""
    with duckdb.connect(str(path), read_only=True) as database:
        found = database.execute(
            f"select count(*), sum(cast(hash({', '.join(columns)}) as hugeint)) "
            f"from {schema}fct_post_day"
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def _lines(costs: dict[str, Cost]) -> list[str]:
    ours, base = costs["tidemark"], costs["one query"]
    factor = TARGET_ROWS / ours.checksum[0]
    equal = all(cost.checksum == ours.checksum for cost in costs.values())
    return [
        f"{ours.checksum[0]:,} rows of fct_post_day, 1/{factor:.0f} of 100 million. Rows and "
        f"hashes of the three tables are {'equal' if equal else 'NOT equal'}. "
        f"The aim is a ratio of {LIMIT}.",
        "",
        "| | seconds of the table | ratio | seconds in all | peak GiB | GiB written |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {cost.result:.1f} | {cost.result / base.result:.2f} | {cost.whole:.1f} | "
            f"{cost.peak_gib:.1f} | {cost.written_gib:.1f} |"
            for name, cost in costs.items()
        ),
        "",
        "Tidemark's seconds in all hold plan, inputs, dbt's start and every other model and test; "
        "dbt makes other models on the same cores while it makes this table, the scripts run "
        "alone. The aim is for the model alone.",
    ]
