"""Published columns are declared with a type and described in both languages."""

import re
from typing import Any

import pytest
import yaml

from tests.warehouse_fixture import DBT_PROJECT

PUBLISHED = [
    model
    for folder in ("marts", "ops")
    for path in sorted((DBT_PROJECT / "models" / folder).rglob("*.yml"))
    for model in yaml.safe_load(path.read_text())["models"]
]


def test_every_model_of_the_published_schemas_is_declared() -> None:
    models = {p.stem for f in ("marts", "ops") for p in (DBT_PROJECT / "models" / f).rglob("*.sql")}

    assert len(models) > 40
    assert models == {model["name"] for model in PUBLISHED}


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model["name"])
def test_a_model_says_its_grain_and_every_column(model: dict[str, Any]) -> None:
    unsaid = [
        column["name"]
        for column in model["columns"]
        if "data_type" not in column or " / " not in column["description"]
    ]

    assert model["description"].startswith("One row per")
    assert unsaid == []


@pytest.mark.parametrize(
    "model",
    [m for m in PUBLISHED if m["name"].startswith(("fct_", "mart_"))],
    ids=lambda model: model["name"],
)
def test_facts_and_marts_name_their_brand(model: dict[str, Any]) -> None:
    assert "brand_key" in {column["name"] for column in model["columns"]}


def test_the_key_of_a_published_table_is_judged_in_one_place() -> None:
    folder = DBT_PROJECT.parent / "expectations" / "marts"
    suites = {path.stem.split(".")[1]: path.read_text("utf-8") for path in folder.glob("*.json")}
    by_gate = {name for name, text in suites.items() if '"key_is_unique"' in text}
    listed = (DBT_PROJECT / "tests" / "keys_are_unique.sql").read_text()
    by_query = {*re.findall(r"^ {4}'(\w+)': \[", listed, re.M), "goal_history"}
    by_column = {
        model["name"]
        for path in (DBT_PROJECT / "models").rglob("*.yml")
        for model in yaml.safe_load(path.read_text()).get("models", [])
        if any("unique" in column.get("data_tests", []) for column in model["columns"])
    }

    assert len(suites) > 45
    assert by_gate | by_query | by_column == set(suites) - {"gate_result"}
    assert by_gate & (by_query | by_column) == set()
    assert by_query & by_column == set()
