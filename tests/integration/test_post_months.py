"""What mart_content adds up by month equals what it would add up from every day."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_dbt_models import ACCOUNT, at
from tests.warehouse_fixture import days, make_build_db, query, run_dbt

AS_OF = "2026-05-06"
CONTENT = ("run", "--select", "+mart_content")
FIGURES = (
    "select post_id, plays, likes_total, exposures_first_1_days, exposures_first_7_days, "
    "exposures_first_28_days from marts.mart_content order by post_id"
)
Rows = dict[str, list[dict[str, Any]]]


def world(published: str = "2026-03-30", corrected: int = 10) -> Rows:
    """Return two videos with days in three months; one is told of before it was published."""
    counted = days("2026-03-25", AS_OF)
    totals = [
        {"account_key": ACCOUNT, "item_id": "v1", "dt": day, "digg_count": 100 + n}
        for n, day in enumerate(counted)
    ]
    plays = [
        {"account_key": ACCOUNT, "item_id": item, "date": day, "play": 10}
        for item in ("v1", "v2")
        for day in counted
    ]
    plays[10]["play"] = corrected  # of 2026-04-04
    videos = {"v1": published, "v2": "2026-04-20"}
    return {
        "douyin__video_days": plays,
        "douyin__video_totals": totals,
        "douyin__videos": [
            {"account_key": ACCOUNT, "item_id": item, "create_time": at(day), "title": item}
            for item, day in videos.items()
        ],
    }


def built_at(path: Path, rows: Rows, changed: dict[str, list[str]] | None = None) -> Any:
    """Build mart_content and return its figures."""
    make_build_db(path, rows)
    run_dbt(path, *CONTENT, as_of=AS_OF, first="2026-03-01", changed=changed)
    return query(path, FIGURES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build database of the world, built in full."""
    path = tmp_path_factory.mktemp("whole") / "build.duckdb"
    built_at(path, world())
    return path


def test_months_add_up_to_the_days_from_publication_on(whole: Path) -> None:
    first, second = query(whole, FIGURES)

    assert first == ("v1", 380, 142, 10, 70, 280)
    assert second == ("v2", 170, None, 10, 70, None)


def test_a_post_has_a_row_for_each_month_with_days(whole: Path) -> None:
    months = query(
        whole,
        "select month_on from intermediate.int_post_month where post_key = "
        f"'{ACCOUNT}/v1' order by all",
    )

    assert [month for (month,) in months] == [date(2026, n, 1) for n in (3, 4, 5)]


def test_a_corrected_day_of_a_former_month_is_added_up_anew(whole: Path, tmp_path: Path) -> None:
    changed = {"post_day": ["2026-04-04"], "account_day": [], "metric_day": ["2026-04-04"]}

    found = built_at(whole, world(corrected=50), changed)

    assert found[0][1] == 420
    assert found == built_at(tmp_path / "build.duckdb", world(corrected=50))


@pytest.mark.parametrize("published", ["2026-03-27", "2026-04-02"], ids=["earlier", "later"])
def test_a_publication_told_otherwise_counts_although_no_month_is_built_anew(
    whole: Path, tmp_path: Path, published: str
) -> None:
    moved = world(published, corrected=50)
    changed: dict[str, list[str]] = {"post_day": [], "account_day": [], "metric_day": []}

    found = built_at(whole, moved, changed)

    assert found == built_at(tmp_path / "build.duckdb", moved)
    assert found[0][1] == 40 + sum(10 for day in days(published, AS_OF))
