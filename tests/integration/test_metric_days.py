"""Metric days built on yesterday's build equal those built from nothing, whatever became known."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration import test_content_metrics as content
from tests.integration import test_interaction_metrics as interactions
from tests.warehouse_fixture import days, make_build_db, query, run_dbt, source_days

DOMAINS = ("account_day", "post_day", "interaction_day", "order_day", "metric_day")
MODELS = ("run", "--exclude", "path:models/kpi")
World = Callable[[], dict[str, list[dict[str, Any]]]]


def slices(streams: dict[str, tuple[str, ...]], until: str) -> list[dict[str, Any]]:
    """Return that every stream was read on every day."""
    return [
        row
        for account, names in streams.items()
        for name in names
        for row in source_days(name, account, days("2026-04-01", until))
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "accounts", "streams", "lived", "as_of"),
    [
        pytest.param(
            *(content.world, content.ACCOUNTS, content.STREAMS, "2026-04-17", content.AS_OF),
            id="weeks-exports-and-first-weeks-end",
        ),
        pytest.param(
            *(interactions.world, interactions.ACCOUNTS, interactions.STREAMS),
            *("2026-04-10", interactions.AS_OF),
            id="replies-complaints-and-windows-fall-due",
        ),
    ],
)
def test_days_of_metrics_on_a_base_equal_those_built_from_nothing(
    tmp_path: Path,
    world: World,
    accounts: list[dict[str, Any]],
    streams: dict[str, tuple[str, ...]],
    lived: str,
    as_of: str,
) -> None:
    config = {"account": accounts}
    built, fresh = tmp_path / "built" / "build.duckdb", tmp_path / "fresh" / "build.duckdb"
    moved = [str(day) for day in days(lived, as_of)[1:]]

    for path in (built, fresh):
        path.parent.mkdir()
        make_build_db(path, world(), source_days=slices(streams, lived), config=config)
    run_dbt(built, *MODELS, as_of=lived, first="2026-04-01")
    for path in (built, fresh):
        make_build_db(path, world(), source_days=slices(streams, as_of), config=config)
    changed = dict.fromkeys(DOMAINS, moved)
    run_dbt(built, *MODELS, as_of=as_of, first="2026-04-01", changed=changed)
    run_dbt(fresh, *MODELS, as_of=as_of, first="2026-04-01")

    for table in ("intermediate.int_metric_event", "marts.fct_metric_day"):
        rows = f"select * from {table} order by all"
        assert query(built, rows) == query(fresh, rows), table
    assert date.fromisoformat(lived) < date.fromisoformat(as_of)
    with duckdb.connect(str(fresh)) as database:
        later = database.execute(
            "select count(*) from intermediate.int_metric_event where known_on > stat_date"
        )
        assert later.fetchone()[0] > 0
