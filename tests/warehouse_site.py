"""A small installation for tests of the warehouse: two platforms, a tiny dbt project."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from extractors.core.lake import Manifest, SliceRecord, SliceVerdict, open_lake
from extractors.core.model import Account, Field, Platform, Stream
from tidemark.clock import SHANGHAI
from tidemark.settings import Settings
from warehouse.site import Site
from warehouse.slices import read_lake_state
from warehouse.source_day import expected_sources, source_day_table

PROJECT = Path(__file__).parent / "integration" / "tiny_project"

DAYS = Stream(
    name="days",
    label_zh="日数据",
    label_en="Days",
    fields=(Field("date", pa.date32()), Field("plays", pa.int64(), "increment")),
    key=("date",),
    merge="replace_slice",
    read=lambda *_: iter(()),
    is_required=True,
)
SHEET = Stream(
    name="notes",
    label_zh="笔记",
    label_en="Notes",
    fields=(Field("note", pa.string()), Field("noted_at", pa.timestamp("us", tz="UTC"))),
    key=("note",),
    merge="upsert_version",
    read=None,
)
ALPHA = Platform("alpha", "甲", "Alpha", (DAYS,))
BETA = Platform("beta", "乙", "Beta", (DAYS,))
PAPER = Platform("paper", "表", "Paper", (SHEET,))
ACCOUNTS = (
    Account("alpha_acme", "alpha", "1", "Alpha", "acme"),
    Account("beta_acme", "beta", "2", "Beta", "acme"),
)


class Hand:
    """A clock that stands where a test puts it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def set(self, day: str, at: str = "10:45") -> None:
        """Move to a Shanghai wall time."""
        self.moment = datetime.combine(
            date.fromisoformat(day), time.fromisoformat(at), SHANGHAI
        ).astimezone(UTC)


def make_site(home: Path, day: str = "2026-04-16", at: str = "10:45") -> tuple[Site, Hand]:
    """Return an empty installation and its clock."""
    clock = Hand(datetime(2026, 1, 1, tzinfo=UTC))
    clock.set(day, at)
    config = home / "config"
    config.mkdir(parents=True, exist_ok=True)
    settings = Settings(home, config, (home / "lake").as_uri(), clock)
    lake = open_lake(settings.lake_url, home / "copies")
    return Site(settings, lake, ACCOUNTS, (ALPHA, BETA, PAPER), "c1", dict, PROJECT), clock


def land(
    site: Site,
    name: str,
    account: str,
    days: Mapping[str, Sequence[Mapping[str, Any]] | str],
    *,
    is_passed: bool = True,
) -> None:
    """Commit one batch per call: day to rows, or to a status without rows."""
    platform, stream = next((p, s) for p, s in site.streams if f"{p.name}/{s.name}" == name)
    number = len(site.lake.list_files("_manifests"))
    committed = datetime(2026, 6, 1, 0, number // 60, number % 60, tzinfo=UTC)
    batch_id = f"b{number:05d}"
    verdicts = []
    for text, rows in days.items():
        day = date.fromisoformat(text)
        load = {"account_key": account, "dt": day, "_batch_id": batch_id}
        load |= {"_captured_at": committed, "_source_version": committed}
        path = site.lake.part_path(platform.name, stream.name, day, batch_id)
        files: tuple[str, ...] = ()
        if isinstance(rows, str):
            record = SliceRecord(account, day, rows)  # type: ignore[arg-type]
        else:
            record = SliceRecord(account, day, "ok", len(rows))
            table = pa.Table.from_pylist([{**load, **row} for row in rows], schema=stream.schema)
            with site.lake.open_part(path, stream.schema) as writer:
                writer.write_table(table)
            files = (path,)
        moment = committed.isoformat()
        site.lake.commit(
            Manifest(batch_id, platform.name, stream.name, day, moment, moment, (record,), files)
        )
        verdicts.append(SliceVerdict(account, day, is_passed, () if is_passed else ("a_rule",)))
    site.lake.write_verdict(batch_id, verdicts)


def transform(
    _project_dir: Path,
    build_dir: Path,
    database: Path,
    variables: Mapping[str, Any],
    *,
    full_refresh: bool,
) -> Path:
    """Stand in for dbt where a test is not about it: the same two tables, without its start."""
    assert full_refresh == (not variables["changed_dates"])
    with duckdb.connect(str(database)) as build:
        build.execute("create schema if not exists marts; create schema if not exists kpi")
        build.execute(
            "create or replace table marts.fct_play_day as select account_key, date as stat_date, "
            "plays from (from lake.alpha__days union all from lake.beta__days)"
        )
        build.execute(
            "create or replace table kpi.goal_status as select 'plays' as goal_key, "
            f"date '{variables['as_of_date']}' as as_of_date, 'on_track' as status, "
            "cast(null as varchar) as severity, cast(sum(plays) as double) as actual, "
            f"cast(100 as double) as target, '{variables['release_id']}' as release_id "
            "from marts.fct_play_day"
        )
    (build_dir / "manifest.json").write_text(json.dumps({"nodes": {}}))
    return build_dir


def plays(day: str, count: int) -> dict[str, list[dict[str, Any]]]:
    """Return one day of the `days` stream."""
    return {day: [{"date": date.fromisoformat(day), "plays": count}]}


def fail(site: Site, name: str, account: str, day: str, error: str) -> None:
    """Commit a reading of a day that ended in an error."""
    platform, _, stream = name.partition("/")
    dt, committed = date.fromisoformat(day), datetime(2026, 6, 1, tzinfo=UTC).isoformat()
    record = SliceRecord(account, dt, "failed", error=error)
    site.lake.commit(
        Manifest(f"f-{account}-{day}", platform, stream, dt, committed, committed, (record,))
    )


def land_day(site: Site, day: str, count: int = 10) -> None:
    """Land a day of both platforms."""
    land(site, "alpha/days", "alpha_acme", plays(day, count))
    land(site, "beta/days", "beta_acme", plays(day, count))


def source_days(site: Site, as_of: date) -> list[dict]:
    """Return the rows of source_day as a plan of every day tells them."""
    state = read_lake_state(site)
    expected = expected_sources(site, state.first_days(as_of))
    slices = state.slices(as_of)
    return source_day_table(site, state, as_of, expected, slices).to_pylist()
