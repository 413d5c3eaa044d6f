"""The configuration as tables: goals by the version in force on their day."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractors.core.lake import Lake, open_lake
from tidemark.settings import PROJECT_ROOT, Settings, load_settings
from warehouse.config_tables import LEDGER, config_tables, record_config_version

PLAYS = "dy_newprod/p2/plays/-/platform=douyin"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with its own copy of the configuration and a clock to set."""
    shutil.copytree(PROJECT_ROOT / "config", tmp_path / "config")
    (tmp_path / "clock").write_text("2026-03-02T10:00:00+08:00")
    return load_settings(
        {
            "TIDEMARK_HOME": str(tmp_path),
            "TIDEMARK_CONFIG": str(tmp_path / "config"),
            "TIDEMARK_CLOCK_FILE": str(tmp_path / "clock"),
        }
    )


@pytest.fixture
def lake(settings: Settings) -> Lake:
    """The installation's empty lake."""
    return open_lake(settings.lake_url)


def accept(settings: Settings, lake: Lake, moment: str, target: int) -> None:
    path = settings.config_dir / "campaigns" / "dy_newprod.yml"
    original = (PROJECT_ROOT / "config" / "campaigns" / "dy_newprod.yml").read_text()
    changed = original.replace("p2: 500000", f"p2: {target}")
    path.write_text(changed.replace("target: 1000000", f"target: {500000 + target}"))
    (settings.home / "clock").write_text(moment)
    record_config_version(lake, settings)


def versions_of(settings: Settings, lake: Lake, goal_key: str) -> list[tuple[Any, ...]]:
    rows = config_tables(settings, lake)["goal"].to_pylist()
    return [
        (row["target"], row["valid_from"], row["valid_to"])
        for row in rows
        if row["goal_key"] == goal_key
    ]


def test_the_same_configuration_is_accepted_once(settings: Settings, lake: Lake) -> None:
    first = record_config_version(lake, settings)

    assert record_config_version(lake, settings) == first
    assert len(lake.ledger(LEDGER)) == 1


def test_the_earliest_version_judges_every_day_before_it(settings: Settings, lake: Lake) -> None:
    accept(settings, lake, "2026-04-16T10:00:00+08:00", 500000)

    assert versions_of(settings, lake, PLAYS) == [(500000, date(1900, 1, 1), None)]


def test_a_changed_target_counts_from_its_day_on(settings: Settings, lake: Lake) -> None:
    accept(settings, lake, "2026-04-10T10:00:00+08:00", 500000)
    accept(settings, lake, "2026-04-20T00:30:00+08:00", 600000)

    assert versions_of(settings, lake, PLAYS) == [
        (500000, date(1900, 1, 1), date(2026, 4, 19)),
        (600000, date(2026, 4, 20), None),
    ]


def test_going_back_to_an_older_file_is_a_version(settings: Settings, lake: Lake) -> None:
    accept(settings, lake, "2026-04-10T10:00:00+08:00", 500000)
    accept(settings, lake, "2026-04-20T10:00:00+08:00", 600000)
    accept(settings, lake, "2026-04-25T10:00:00+08:00", 500000)

    assert [target for target, _, _ in versions_of(settings, lake, PLAYS)] == [
        500000,
        600000,
        500000,
    ]


def test_of_two_versions_of_a_day_the_last_counts(settings: Settings, lake: Lake) -> None:
    accept(settings, lake, "2026-04-10T10:00:00+08:00", 500000)
    accept(settings, lake, "2026-04-10T11:00:00+08:00", 600000)

    assert versions_of(settings, lake, PLAYS) == [(600000, date(1900, 1, 1), None)]


def test_a_campaign_added_later_is_judged_from_its_first_day(
    settings: Settings, lake: Lake
) -> None:
    record_config_version(lake, settings)
    text = (settings.config_dir / "campaigns" / "dy_newprod.yml").read_text()
    added = text.replace("campaign: dy_newprod", "campaign: second")
    (settings.config_dir / "campaigns" / "second.yml").write_text(added)
    (settings.home / "clock").write_text("2026-04-20T10:00:00+08:00")
    record_config_version(lake, settings)

    found = versions_of(settings, lake, PLAYS.replace("dy_newprod", "second"))

    assert found == [(500000, date(1900, 1, 1), None)]


def test_only_sum_goals_with_a_target_make_a_campaign_row(settings: Settings, lake: Lake) -> None:
    rows = config_tables(settings, lake)["goal"].to_pylist()

    assert {row["goal_key"] for row in rows if row["level"] == "campaign"} == {
        "dy_newprod/all/plays/-/platform=douyin",
        "dy_newprod/all/new_followers/gross/platform=douyin",
    }
