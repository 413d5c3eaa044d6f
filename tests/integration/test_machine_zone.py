"""The commands on machines of other time zones leave the same lake, marts and messages."""

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractors.core.lake import iter_rows, open_lake
from extractors.core.registry import every_stream
from sandbox.sheets import drop_sheets
from tests.conftest import Sandbox
from tests.integration.test_release_rebuild import RUN_COLUMNS, RUN_TABLES
from tests.parsed import seed_parsed
from tidemark.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow

NOW = "2026-05-08T10:45:00+08:00"
SINCE, UNTIL = date(2026, 5, 1), date(2026, 5, 7)
# the day before and the day after, most hours of the Shanghai day
ZONES = ("America/Los_Angeles", "Pacific/Kiritimati")
DAYS = ("--since", str(SINCE), "--until", str(UNTIL), "--no-lookback")
COMMANDS = (
    ("drop",),
    *(("extract", platform, *DAYS) for platform in ("douyin", "wechat", "douyin_shop")),
    ("release",),
    ("alerts", "evaluate"),
    ("alerts", "deliver"),
)
MAIN = "from tidemark.cli.main import main; main()"


def live(sandbox: Sandbox, home: Path, zone: str) -> Path:
    """Run every command of a morning on a data root, as a machine of that zone would."""
    seed_parsed(home)
    drop_sheets(home / "inbox", SINCE, UNTIL, datetime.fromisoformat("2026-05-08T09:00:00+08:00"))
    environ = {**os.environ, **sandbox.environ, "TIDEMARK_HOME": str(home), "TZ": zone}
    for words in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *words],
            cwd=PROJECT_ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words} in {zone}: {done.stdout}{done.stderr}"
    return home


def lake_rows(home: Path) -> dict[str, list[str]]:
    """Return the current rows of every stream without the batch that brought them."""
    lake = open_lake((home / "lake").as_uri())
    return {
        f"{platform.name}/{stream.name}": sorted(
            str(sorted((name, value) for name, value in row.items() if name != "_batch_id"))
            for row in iter_rows(lake, lake.current(stream, platform.name))
        )
        for platform, stream in every_stream()
    }


def published(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the published rows without what names a run; moments as epoch microseconds."""
    path = home / "published" / "tidemark.duckdb"
    with duckdb.connect(str(path), read_only=True) as database:
        columns = database.execute(
            "select schema_name || '.' || table_name, column_name, data_type "
            "from duckdb_columns() where not internal order by 1, column_index"
        ).fetchall()
        tables: dict[str, list[str]] = {}
        for table, column, kind in columns:
            if table not in RUN_TABLES and column not in RUN_COLUMNS:
                is_moment = kind == "TIMESTAMP WITH TIME ZONE"
                quoted = f'epoch_us("{column}")' if is_moment else f'"{column}"'
                tables.setdefault(table, []).append(quoted)
        return {
            table: database.execute(f"select {', '.join(of)} from {table} order by all").fetchall()
            for table, of in tables.items()
        }


def told(home: Path) -> list[tuple[str, str]]:
    """Return the messages of the ledger."""
    entries = open_lake((home / "lake").as_uri()).ledger("transitions")
    return sorted((entry["code"], entry["message"]) for entry in entries)


def test_a_machine_in_another_zone_gives_the_same_lake_marts_and_messages(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.set_clock(NOW)

    west, east = (live(sandbox, tmp_path / zone.replace("/", "-"), zone) for zone in ZONES)

    rows = lake_rows(west)
    assert len([name for name, found in rows.items() if found]) >= 15
    assert lake_rows(east) == rows
    marts = published(west)
    assert len(marts["marts.fct_order"]) > 100
    assert len(marts["kpi.goal_status"]) == 12
    assert {name for name, found in published(east).items() if found != marts[name]} == set()
    assert told(west)
    assert told(east) == told(west)
    assert len(sandbox.messages()) == 2 * len(told(west))
