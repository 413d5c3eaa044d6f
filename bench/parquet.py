"""A release as Parquet: against DuckDB's bare COPY of its tables, and one more day."""

import statistics
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from rich.console import Console

from bench.growth import release_day
from bench.history import World, configure, days_from, land_days, open_world
from bench.report import record, seconds_of
from extractors.core.lake import Lake, open_lake
from warehouse.publishers.parquet import publish_parquet
from warehouse.release_file import count_rows
from warehouse.releases import current_id, release_path
from warehouse.site import Site

ACCOUNTS, DAYS, ROWS = 20, 365, 10_000_000
NEW_POSTS = 20
LAST = date(2026, 4, 30)
ROUNDS = 3
#: of the bare copy's speed, and of one more day's run
SPEED, SHARE = 0.5, 0.05


@dataclass(frozen=True)
class Found:
    """Seconds and bytes; a day's own steps apart from its Parquet."""

    rows: int
    bare: float
    ours: float
    again: float
    day: float
    next_day: float
    files: int
    new_files: int
    new_mib: float


def run(
    seed: int,
    *,
    rows: int = ROWS,
    days: int = DAYS,
    accounts: int = ACCOUNTS,
    page: Path | None = None,
) -> int:
    """Publish a release of so many post days and the day after it; return how many aims failed."""
    del seed
    world = World(accounts, rows // days, NEW_POSTS, LAST - timedelta(days=days - 1))
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), world, days)
    lines = _lines(found, days)
    Console().print("\n".join(lines))
    record("parquet", "a release as Parquet", lines, *([page] if page else []))
    return int(found.bare < SPEED * found.ours) + int(found.next_day > SHARE * found.day)


def _measure(home: Path, world: World, days: int) -> Found:
    configure(home, world)
    site, clock = open_world(home)
    land_days(site, world, days_from(world.first, days), is_gated=True)
    release_day(site, clock, LAST)
    first = _current(site)
    bare, ours = [], []
    for n in range(ROUNDS):
        bare.append(seconds_of(lambda n=n: _bare_copy(first, home / f"bare{n}")))
        root = open_lake((home / f"root{n}").as_uri())
        ours.append(seconds_of(lambda root=root: publish_parquet(root, first, kept=())))
    again = seconds_of(lambda: publish_parquet(root, first, kept=()))
    next_day = LAST + timedelta(days=1)
    land_days(site, world, [next_day], is_gated=False)
    steps = release_day(site, clock, next_day)
    before = _sizes(root)
    spent = seconds_of(lambda: publish_parquet(root, _current(site), kept=(first.stem,)))
    new = {path: size for path, size in _sizes(root).items() if path not in before}
    return Found(
        _rows(first),
        statistics.median(bare),
        statistics.median(ours),
        again,
        sum(steps.values()),
        spent,
        len(before),
        len(new),
        sum(new.values()) / 2**20,
    )


def _current(site: Site) -> Path:
    return release_path(site.settings, current_id(site.settings) or "")


def _bare_copy(release_file: Path, folder: Path) -> None:
    """Write every table as one file, as DuckDB does when nothing else is said."""
    folder.mkdir()
    with duckdb.connect(str(release_file), read_only=True) as release:
        for name in count_rows(release):
            release.execute(f"copy {name} to '{folder / name}.parquet' (format parquet)")


def _rows(release_file: Path) -> int:
    with duckdb.connect(str(release_file), read_only=True) as release:
        return sum(count_rows(release).values())


def _sizes(root: Lake) -> dict[str, int]:
    return {path: (Path(root.root) / path).stat().st_size for path in root.list_files("files")}


def _lines(found: Found, days: int) -> list[str]:
    ours, bare = found.rows / found.ours, found.rows / found.bare
    return [
        f"{found.rows:,} rows, all published tables after {days} days; the middle of {ROUNDS} "
        f"rounds, both ways in turn. The aim is {SPEED} of the bare speed.",
        "",
        "| | seconds | rows a second | ratio |",
        "|---|---|---|---|",
        f"| bare COPY, one file a table | {found.bare:.1f} | {bare:,.0f} | 1.00 |",
        f"| release as Parquet, by month and read back | {found.ours:.1f} | {ours:,.0f} | "
        f"{ours / bare:.2f} |",
        "",
        f"The same release again: {found.again:.1f} s. One more day: {found.next_day:.1f} s beside "
        f"{found.day:.1f} s of gate, plan, build, audit and publishing, a share of "
        f"{found.next_day / found.day:.1%} (the aim is {SHARE:.0%}); {found.new_files} of "
        f"{found.files} files are new, {found.new_mib:.1f} MiB.",
    ]
