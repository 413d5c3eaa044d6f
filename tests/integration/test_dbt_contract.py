"""Published columns are declared with a type and described in both languages."""

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
