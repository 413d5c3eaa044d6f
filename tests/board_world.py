"""Releases of the worked example for the board: real models, written as publishing writes them."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from extractors.core.lake import open_lake
from tests.kpi_world import campaign_text, make_world
from tests.warehouse_fixture import run_dbt
from tidemark.clock import SHANGHAI
from tidemark.settings import Settings, load_settings
from warehouse.release_file import write_release_file
from warehouse.releases import point_to, release_path

DIMENSIONS = ("dim_brand", "dim_account", "dim_campaign", "dim_phase", "dim_metric")
OPERATIONS = ("freshness", "release", "source_day", "gate_result")


def board_settings(folder: Path) -> Settings:
    """Return the settings of an installation that `make_world` wrote."""
    return load_settings(board_environ(folder))


def board_environ(folder: Path) -> dict[str, str]:
    """Return the environment of an installation that `make_world` wrote."""
    return {
        "TIDEMARK_HOME": str(folder),
        "TIDEMARK_CONFIG": str(folder / "config"),
        "TIDEMARK_CLOCK_FILE": str(folder / "clock"),
    }


def build_world(folder: Path, brands: Collection[str]) -> Path:
    """Return a build database of the example, a campaign a brand."""
    texts = {brand: campaign_text(brand) for brand in brands}
    database = make_world(folder, texts, hidden={})
    with duckdb.connect(str(database)) as build:
        build.execute("create schema if not exists state")
        build.execute(
            'create or replace table state.description ("schema" varchar, "name" varchar, '
            '"column" varchar, "text" varchar)'
        )
    return database


def publish(database: Path, as_of: date, *, more: str = "") -> Settings:
    """Build the models as of a day, run more SQL on what they made, and publish it."""
    folder = database.parent
    settings = board_settings(folder)
    morning = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), SHANGHAI)
    set_clock(settings, morning + timedelta(hours=10, minutes=45))
    models = ("path:models/kpi", *DIMENSIONS, *OPERATIONS)
    run_dbt(database, "run", "--select", *models, as_of=as_of)
    with duckdb.connect(str(database)) as build:
        if more:
            build.execute(more)
        build.execute("force checkpoint")  # dbt keeps its connection open in this process
    lake = open_lake(settings.lake_url)
    number = len(lake.ledger("releases")) + 1
    row = {
        "release_id": f"r{number:06d}-{as_of:%Y%m%d}",
        "published_at": settings.clock().astimezone(UTC).isoformat(),
        "as_of_date": str(as_of),
        "code_version": "test",
        "config_version": "test",
        "input_hash": f"h{number}",
        "gate_summary": "172 checks, 0 critical",
    }
    lake.append("releases", row["release_id"], row)
    write_release_file(database, release_path(settings, row["release_id"]), lake, row)
    point_to(settings, row["release_id"])
    return settings


def set_clock(settings: Settings, moment: datetime) -> None:
    """Move the installation's clock."""
    (settings.home / "clock").write_text(moment.isoformat())


def make_late(database: Path, brand: str, since: date) -> None:
    """Let a brand's Douyin account fall silent from a day on, past its deadline."""
    account = f"douyin_{brand}"
    with duckdb.connect(str(database)) as build:
        build.execute(
            "update lake.source_day set status = 'missing', is_late = true, deadline_at = "
            "timezone('Asia/Shanghai', stat_date + 1 + time '12:00') "
            "where account_key = ? and stat_date >= ? and stream = 'account_days'",
            [account, since],
        )
        build.execute(
            "delete from intermediate.int_metric_event where account_key = ? and stat_date >= ? "
            "and metric not in ('live_viewers', 'cvr_live_viewer')",
            [account, since],
        )
