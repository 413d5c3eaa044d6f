"""Targets are held against the best four weeks that their scope has had."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.unit.test_config_problems import CAMPAIGN
from tidemark.config.loader import Config, load_config
from tidemark.settings import PROJECT_ROOT
from warehouse.feasibility import infeasible


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Two accounts with a campaign of 300 plays: 100 in March, 200 in April."""
    folder = tmp_path / "config"
    (folder / "campaigns").mkdir(parents=True)
    for name in ("metrics.yml", "alerts.yml", "accounts.yml"):
        (folder / name).write_text((PROJECT_ROOT / "config" / name).read_text())
    (folder / "campaigns" / "spring.yml").write_text(CAMPAIGN)
    return load_config(folder)


def history(path: Path, plays: dict[date, float | None], account: str = "douyin_acme") -> Path:
    """Write a published database with an account's plays."""
    with duckdb.connect(str(path)) as db:
        db.execute("create schema if not exists marts")
        db.execute(
            "create table if not exists marts.dim_account as select * from (values "
            "('douyin_acme', 'acme', 'douyin', 'own'), ('other', 'acme', 'douyin', 'competitor')) "
            "as rows(account_key, brand_key, platform, ownership)"
        )
        db.execute(
            "create table if not exists marts.fct_metric_day (metric text, basis text, "
            "account_key text, stat_date date, value double)"
        )
        rows = [("plays", "-", account, day, value) for day, value in plays.items()]
        db.executemany("insert into marts.fct_metric_day values (?, ?, ?, ?, ?)", rows)
    return path


def march(value: float | None, days: int = 28) -> dict[date, float | None]:
    return {date(2026, 3, 1) + timedelta(n): value for n in range(days)}


def told(config: Config, path: Path) -> list[str]:
    return [str(problem) for problem in infeasible(config, path)]


def test_a_target_far_above_what_was_reached_is_told_with_both_numbers(
    config: Config, tmp_path: Path
) -> None:
    april = told(config, history(tmp_path / "published.duckdb", march(4.4)))[1]

    assert "plays of spring/p2 needs 7 a day; the best 28 days of this scope had 4;" in april
    assert "config/campaigns/spring.yml:10" in april


def test_a_target_within_reach_is_not_told(config: Config, tmp_path: Path) -> None:
    warnings = told(config, history(tmp_path / "published.duckdb", march(4.5)))

    assert len(warnings) == 1
    assert "spring/p1 is unchecked" in warnings[0]


@pytest.mark.parametrize(
    "plays",
    [
        pytest.param(march(9, days=27), id="too-few-days"),
        pytest.param(march(9) | {date(2026, 3, 10): None}, id="a-day-that-was-not-read"),
        pytest.param(march(9, days=1), id="one-day"),
    ],
)
def test_without_four_whole_weeks_a_target_is_unchecked(
    config: Config, tmp_path: Path, plays: dict[date, float | None]
) -> None:
    warnings = told(config, history(tmp_path / "published.duckdb", plays))

    assert ["unchecked" in warning for warning in warnings] == [True, True]


def test_other_people_s_accounts_are_no_history(config: Config, tmp_path: Path) -> None:
    path = history(tmp_path / "published.duckdb", march(9), account="other")

    assert ["unchecked" in warning for warning in told(config, path)] == [True, True]


def test_before_the_first_release_everything_is_unchecked(config: Config, tmp_path: Path) -> None:
    warnings = told(config, tmp_path / "none.duckdb")

    assert ["unchecked" in warning for warning in warnings] == [True, True]
