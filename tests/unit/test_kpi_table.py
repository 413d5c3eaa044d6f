"""The KPI-versus-goal table as people read it."""

from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from tidemark.cli.kpi import kpi_table
from tidemark.errors import TidemarkError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A published database with one running goal and one that is stale."""
    path = tmp_path / "tidemark.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(
            """
            create schema marts;
            create schema kpi;
            create table marts.dim_metric as
                select 'new_followers' as metric, '新增粉丝' as name_zh, 'New followers' as name_en,
                    'people' as unit;
            create table marts.dim_campaign as select 'dy' as campaign_key, '上市' as campaign_name;
            create table marts.dim_phase as
                select 'dy' as campaign_key, 'p2' as phase_key, '挑战赛' as phase_name,
                    2 as phase_no;
            create table kpi.goal_history as
                select 'dy/p2/new_followers/gross/platform=douyin' as goal_key,
                    date '2026-04-15' as as_of_date, 'dy' as campaign_key, 'p2' as phase_key,
                    'new_followers' as metric, 'gross' as basis, 20000.0 as target,
                    9400.0 as actual, 10000.0 as expected_to_date, 0.47 as attainment,
                    0.94 as pace, 20114.285714 as forecast, 19126.725 as forecast_low,
                    21101.846 as forecast_high, 'at_risk' as status, 'warning' as severity,
                    cast(null as varchar) as reason, false as is_final,
                    cast(null as varchar) as last_known_status,
                    cast(null as varchar) as restated_from;
            insert into kpi.goal_history select * replace (
                    date '2026-04-16' as as_of_date, null as actual, 'no_data' as status,
                    null as severity, 'stale_source' as reason, 'at_risk' as last_known_status
                ) from kpi.goal_history;
            create table kpi.goal_status as
                from kpi.goal_history where as_of_date = date '2026-04-15';
            """
        )
    return path


def printed(database: Path, as_of: str | None = None) -> str:
    console = Console(width=240, record=True, file=StringIO())
    console.print(kpi_table(database, as_of=as_of))
    return console.export_text()


def test_a_row_says_target_actual_pace_forecast_and_verdict(database: Path) -> None:
    text = printed(database)

    assert "数据至 2026-04-15" in text
    for part in ("p2 挑战赛", "新增粉丝 / New followers (gross)", "20,000", "9,400", "94.0%"):
        assert part in text
    assert "20,114 [19,127; 21,102]" in text
    assert "预警 at risk 暂定" in text


def test_a_stale_row_says_why_and_what_was_known(database: Path) -> None:
    text = printed(database, "2026-04-16")

    assert "stale_source, last at_risk" in text


def test_a_day_without_goals_is_a_clear_error(database: Path) -> None:
    with pytest.raises(TidemarkError, match="no goal for 2027-01-01"):
        kpi_table(database, as_of=str(date(2027, 1, 1)))


def test_an_unpublished_database_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TidemarkError, match="nothing is published yet"):
        kpi_table(tmp_path / "tidemark.duckdb")
