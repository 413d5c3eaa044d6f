"""The Superset boards stand on published columns, and their queries run on the built tables."""

import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import yaml

from bi.superset.bundle import bundle
from bi.superset.declared import boards, columns, datasets, models, sql
from tests.contract.test_exposures import exposed

URI = "duckdb:////release/tidemark.duckdb"
FIELDS = ("by", "columns")
TITLE = re.compile(r"[\u4e00-\u9fff].* .*[A-Za-z]")


def charts() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for board, declared in boards().items():
        for name, chart in declared["charts"].items():
            yield board, name, chart


@pytest.fixture(scope="module")
def empty_release() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as release:
        for table, said in models().items():
            schema = table.partition(".")[0]
            release.execute(f"create schema if not exists {schema}")
            fields = [f'"{name}" {column["data_type"]}' for name, column in said.items()]
            release.execute(f"create table {table} ({', '.join(fields)})")
        yield release


def test_every_chart_stands_on_its_board_once() -> None:
    found = {
        board: [name for row in said["rows"] for entry in row for name in entry]
        for board, said in boards().items()
    }

    assert len(found) == 6
    for board, placed in found.items():
        assert sorted(placed) == sorted(["release", *boards()[board]["charts"]]), board


@pytest.mark.parametrize("name", datasets())
def test_a_dataset_and_its_metrics_run_on_the_published_columns(
    name: str, empty_release: duckdb.DuckDBPyConnection
) -> None:
    dataset = datasets()[name]
    asked = [f"{metric['sql']}" for metric in dataset.get("metrics", {}).values()] or ["count(*)"]

    empty_release.execute(f"select {', '.join(asked)} from ({sql(dataset)}) as q")


@pytest.mark.parametrize(("board", "name", "chart"), charts(), ids=lambda v: str(v)[:30])
def test_a_chart_asks_what_its_dataset_has(board: str, name: str, chart: dict[str, Any]) -> None:
    dataset = datasets()[chart["dataset"]]
    has = {column.name for column in columns(dataset)}
    asked = {column for field in FIELDS for column in chart.get(field, [])} | (
        {chart["x"]} if "x" in chart else set()
    )

    assert asked <= has, f"boards/{board}.yml: {name}: {sorted(asked - has)} not in datasets.yml"
    assert set(chart.get("metrics", [])) <= set(dataset.get("metrics", {})), f"{board}/{name}"
    assert TITLE.search(chart["title"]), f"{board}/{name}: title in both languages"


def test_boards_never_put_phase_and_campaign_goals_together() -> None:
    over_goals = [chart for _, _, chart in charts() if chart["dataset"] == "goal_status"]

    assert over_goals
    assert [c["title"] for c in over_goals if "level = '" not in c.get("where", "")] == []


def test_a_figure_of_one_day_is_never_summed_over_days() -> None:
    daily = {
        (name, metric)
        for name, dataset in datasets().items()
        for metric, said in dataset.get("metrics", {}).items()
        if said.get("is_per_day")
    }
    wrong = [
        name
        for _, name, chart in charts()
        if chart["kind"] != "line"
        and any((chart["dataset"], metric) in daily for metric in chart.get("metrics", []))
    ]

    assert daily
    assert wrong == []


def test_ratios_are_never_averaged() -> None:
    said = [m["sql"] for d in datasets().values() for m in d.get("metrics", {}).values()]

    assert len(said) > 30
    assert [text for text in said if "avg(" in text] == []


def test_every_column_is_labelled_in_both_languages_and_carries_its_release() -> None:
    for name, dataset in datasets().items():
        found = {column.name: column.label for column in columns(dataset)}

        assert "release_id" in found, name
        assert {"as_of_date", "release_as_of"} & set(found), name
        assert [column for column, text in found.items() if not TITLE.search(text)] == [], name


def test_both_databases_get_the_same_queries_under_ids_of_their_own() -> None:
    served_by = "postgresql+psycopg2://bi@db/tidemark"
    embedded, served = bundle(URI), bundle(served_by)

    assert embedded.keys() == served.keys()
    for name in datasets():
        path = f"datasets/tidemark/{name}.yaml"
        one, other = yaml.safe_load(embedded[path]), yaml.safe_load(served[path])
        assert one["uuid"] != other["uuid"]
        assert (one["sql"], one["columns"]) == (other["sql"], other["columns"])


def test_the_exposures_name_what_the_boards_read() -> None:
    for board, said in boards().items():
        names = {chart["dataset"] for chart in said["charts"].values()} | {"release"}
        text = " ".join(sql(datasets()[name]) for name in names)
        read = set(re.findall(r"(?:from|join) (?:marts|kpi|ops)\.(\w+)", text))

        assert exposed()[f"superset_{board}"] == read, board
