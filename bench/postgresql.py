"""A release in PostgreSQL: against a bare ADBC ingest, one more day, and under its readers."""

import statistics
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from adbc_driver_postgresql import dbapi
from rich.console import Console

from bench.dashboards import DASHBOARDS, RELEASES, Visit, measure_readers
from bench.report import record, seconds_of
from tests.postgresql import Postgresql, started_postgresql
from warehouse.publishers.contents import read_outlines
from warehouse.publishers.postgresql import publish_postgresql
from warehouse.publishers.postgresql_server import TYPES, Target

ROWS, DAYS = 10_000_000, 365
LAST = date(2026, 4, 30)
ROUNDS = 3
#: of the bare ingest's speed
SPEED = 0.5
#: seconds that readers may wait because of publishing
WAIT = 1.0
COUNTS = (
    "impressions",
    "plays",
    "views",
    "likes",
    "comments",
    "shares",
    "saves",
    "new_followers",
)


@dataclass(frozen=True)
class Found:
    """Rows and the seconds of each round, both ways."""

    rows: int
    bare: list[float]
    ours: list[float]
    day_rows: int
    bare_day: list[float]
    ours_day: list[float]

    @property
    def ratio(self) -> float:
        """The speed of a first publishing as a share of the bare ingest's."""
        return statistics.median(self.bare) / statistics.median(self.ours)

    @property
    def day_ratio(self) -> float:
        """The speed of one more day as a share of the bare ingest's of its rows."""
        return statistics.median(self.bare_day) / statistics.median(self.ours_day)


def run(
    seed: int,
    *,
    rows: int = ROWS,
    days: int = DAYS,
    rounds: int = ROUNDS,
    dashboards: int = DASHBOARDS,
    releases: int = RELEASES,
    page: Path | None = None,
) -> int:
    """Publish so many post days, and releases under readers; return how many aims failed."""
    del seed
    with tempfile.TemporaryDirectory() as folder, started_postgresql() as server:
        found = _measure(Path(folder), server, rows // days, days, rounds)
    with tempfile.TemporaryDirectory() as folder, started_postgresql() as server:
        alone, beside = measure_readers(
            Path(folder), server, dashboards=dashboards, releases=releases
        )
    lines = [*_speed_lines(found, days, rounds), "", *_reader_lines(alone, beside, dashboards)]
    Console().print("\n".join(lines))
    record("postgresql", "a release in PostgreSQL", lines, *([page] if page else []))
    return sum(
        (
            found.ratio < SPEED,
            bool(beside.errors or beside.mixed or beside.blocked),
            beside.slowest > alone.slowest + WAIT,
            len(beside.seen) <= 1,
        )
    )


def _measure(home: Path, server: Postgresql, posts: int, days: int, rounds: int) -> Found:
    first = _release_file(home, "r000001-20260430", posts, days)
    following = _release_file(home, "r000002-20260501", posts, days + 1)
    new = f"stat_date > date '{LAST}'"
    target = Target(f"host={server.folder} user=postgres dbname=postgres")
    found = Found(posts * days, [], [], posts, [], [])
    for _ in range(rounds):
        # a server that has just written gigabytes writes slower: both ways begin alike
        server.run("drop schema if exists bare cascade", "checkpoint")
        found.bare.append(seconds_of(lambda: _bare_ingest(server, first, "true", is_new=True)))
        server.run("checkpoint")
        found.bare_day.append(
            seconds_of(lambda: _bare_ingest(server, following, new, is_new=False))
        )
        server.run(
            "drop schema if exists marts, kpi, ops, tidemark_internal, bare cascade", "checkpoint"
        )
        found.ours.append(seconds_of(lambda: publish_postgresql(target, first)))
        server.run("checkpoint")
        found.ours_day.append(seconds_of(lambda: publish_postgresql(target, following)))
    return found


def _release_file(home: Path, release_id: str, posts: int, days: int) -> Path:
    """Write a release with the columns of marts.fct_post_day, so many posts a day."""
    path = home / f"{release_id}.duckdb"
    first = LAST - timedelta(days=DAYS - 1)
    counts = ", ".join(
        f"cast(hash(n, {i}) % 100000 as bigint) as {name}" for i, name in enumerate(COUNTS)
    )
    with duckdb.connect(str(path)) as release:
        release.execute("create schema marts; create schema kpi; create schema ops")
        release.execute(
            "create table marts.fct_post_day as select "
            f"'douyin_acme/' || lpad(cast(n % {posts} as varchar), 12, '7') as post_key, "
            f"date '{first}' + cast(n // {posts} as integer) as stat_date, {counts}, "
            "cast(n % 7 as double) as watch_seconds, n % 50 = 0 as is_correction "
            f"from range({posts * days}) as t(n)"
        )
        release.execute(
            f"create table ops.release as select '{release_id}' as release_id, "
            f"timestamptz '2026-05-01 08:00:00+08' as published_at, date '{LAST}' as as_of_date"
        )
    return path


def _bare_ingest(server: Postgresql, path: Path, where: str, *, is_new: bool) -> None:
    """Copy rows into a table without index, comment or memory, and commit."""
    address = f"host={server.folder} user=postgres dbname=postgres"
    with duckdb.connect(str(path), read_only=True) as release:
        [table] = [t for t in read_outlines(release) if t.name == "marts.fct_post_day"]
        columns = ", ".join(f'"{c.name}" {TYPES[c.type]}' for c in table.columns)
        rows = release.execute(f"from {table.name} where {where}").to_arrow_reader(100_000)
        with dbapi.connect(address) as connection, connection.cursor() as cursor:
            if is_new:
                cursor.execute("create schema bare")
                cursor.execute(f"create table bare.fct_post_day ({columns})")
            cursor.adbc_ingest("fct_post_day", rows, mode="append", db_schema_name="bare")
            connection.commit()


def _speed_lines(found: Found, days: int, rounds: int) -> list[str]:
    each = (
        ("bare ingest, no index", found.rows, found.bare, 1.0),
        ("first release", found.rows, found.ours, found.ratio),
        ("bare ingest of a day", found.day_rows, found.bare_day, 1.0),
        ("one more day", found.day_rows, found.ours_day, found.day_ratio),
    )
    return [
        f"{found.rows:,} rows as of marts.fct_post_day, {days} days; the middle of {rounds} "
        f"rounds, both ways in turn. The aim is {SPEED} of the bare speed.",
        "",
        "| | rows | seconds | least to most | rows a second | ratio |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {rows:,} | {statistics.median(spent):.2f} | {min(spent):.2f} to "
            f"{max(spent):.2f} | {rows / statistics.median(spent):,.0f} | {ratio:.2f} |"
            for name, rows, spent, ratio in each
        ),
        "",
        "A release finds what differs by a checksum of every row, which one more day pays for all.",
    ]


def _reader_lines(alone: Visit, beside: Visit, dashboards: int) -> list[str]:
    return [
        f"{dashboards} dashboards at once; each transaction asks which release it sees and whether "
        f"all rows are of it. {len(beside.seen)} releases were seen, each of which changed every "
        "row of the asked table.",
        "",
        "| | transactions | p50 ms | p99 ms | slowest ms | errors | mixed | waits for a lock |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {len(v.seconds):,} | {v.percentile(50):.0f} | {v.percentile(99):.0f} | "
            f"{v.slowest * 1000:.0f} | {len(v.errors)} | {v.mixed} | {v.blocked} |"
            for name, v in (("without publishing", alone), ("while publishing", beside))
        ),
    ]
