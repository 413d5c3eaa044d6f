"""Dashboards that read a PostgreSQL while releases are published to it: what they see and when."""

import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import psycopg

from tests.postgresql import Postgresql
from warehouse.publishers.postgresql import publish_postgresql
from warehouse.publishers.postgresql_server import Target

DASHBOARDS, RELEASES = 50, 20
#: accounts and days of the table that changes with every release
ACCOUNTS, DAYS = 20, 365
#: between two looks of one dashboard, and the looks without publishing
THINK, ALONE = 0.5, 20.0

NEWEST = "select max(release_id) from ops.release"
HELD = (
    "select min(followers), max(followers), count(*) from marts.fct_account_day "
    "where stat_date >= '2026-01-01'"
)
#: both in one statement, for readers without a transaction
TOGETHER = f"select ({NEWEST}), held.* from ({HELD}) as held"
BLOCKED = "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"


@dataclass
class Visit:
    """What all dashboards met."""

    seconds: list[float] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    mixed: int = 0
    blocked: int = 0

    @property
    def slowest(self) -> float:
        """The seconds of the slowest transaction."""
        return max(self.seconds)

    def percentile(self, share: int) -> float:
        """Return the milliseconds within which so many of a hundred transactions ended."""
        return statistics.quantiles(self.seconds, n=100)[share - 1] * 1000


def measure_readers(
    home: Path,
    server: Postgresql,
    *,
    dashboards: int = DASHBOARDS,
    releases: int = RELEASES,
    alone: float = ALONE,
) -> tuple[Visit, Visit]:
    """Return what dashboards met without publishing, and while so many releases are published."""
    address = f"host={server.folder} user=postgres dbname=postgres"
    target = Target(address)
    files = [release_file(home, number) for number in range(1, releases + 2)]
    publish_postgresql(target, files[0])
    with visited(address, dashboards) as before:
        time.sleep(alone)
    with visited(address, dashboards) as beside:
        for path in files[1:]:
            publish_postgresql(target, path)
            time.sleep(THINK)
        time.sleep(2 * THINK)
    return before, beside


def release_file(home: Path, number: int) -> Path:
    """Write a release in which the number stands in every row of the table that is read."""
    path = home / f"r{number:06d}-20260430.duckdb"
    with duckdb.connect(str(path)) as release:
        release.execute("create schema marts; create schema kpi; create schema ops")
        release.execute(
            "create table marts.fct_account_day as select 'a' || a as account_key, "
            f"date '2026-01-01' + cast(d as integer) as stat_date, {number} :: bigint as followers "
            f"from range({ACCOUNTS}) as accounts(a), range({DAYS}) as days(d)"
        )
        release.execute(
            f"create table ops.release as select 'r' || lpad(cast(n as varchar), 6, '0') "
            "as release_id, date '2026-04-30' as as_of_date, "
            "timestamptz '2026-05-01 08:00:00+08' as published_at "
            f"from range(1, {number + 1}) as t(n)"
        )
    return path


@contextmanager
def visited(address: str, dashboards: int) -> Iterator[Visit]:
    """Let dashboards read until the end of the block; then the visit is complete."""
    visit, is_over = Visit(), threading.Event()
    threads = [
        threading.Thread(target=_read, args=(address, visit, is_over, number))
        for number in range(dashboards)
    ]
    threads.append(threading.Thread(target=_watch, args=(address, visit, is_over)))
    for thread in threads:
        thread.start()
    try:
        yield visit
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _read(address: str, visit: Visit, is_over: threading.Event, number: int) -> None:
    """Look again and again; of two dashboards one asks in one statement, one in a transaction."""
    chance = random.Random(number)
    try:
        with psycopg.connect(address, autocommit=True) as reader:
            while not is_over.wait(chance.uniform(0.5, 1.5) * THINK):
                started = time.perf_counter()
                release_id, least, most, rows = _look(reader, is_split=number % 2 == 0)
                visit.seconds.append(time.perf_counter() - started)
                visit.seen.add(release_id)
                said = int(release_id.removeprefix("r"))
                visit.mixed += not (least == most == said and rows == ACCOUNTS * DAYS)
    except psycopg.Error as error:
        visit.errors.append(str(error))


def _look(reader: psycopg.Connection, *, is_split: bool) -> tuple[str, int, int, int]:
    if not is_split:
        found = reader.execute(TOGETHER).fetchone()
    else:
        with reader.transaction():
            reader.execute("set transaction isolation level repeatable read, read only")
            newest = reader.execute(NEWEST).fetchone()
            # a board fires its charts one after another
            time.sleep(0.02)
            held = reader.execute(HELD).fetchone()
        found = (*(newest or ()), *(held or ()))
    assert found is not None
    return found


def _watch(address: str, visit: Visit, is_over: threading.Event) -> None:
    """Count whom another session keeps waiting, publishers included."""
    with psycopg.connect(address, autocommit=True) as watcher:
        while not is_over.wait(0.05):
            found = watcher.execute(BLOCKED).fetchone()
            visit.blocked += found[0] if found else 0
