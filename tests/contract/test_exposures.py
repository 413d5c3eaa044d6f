"""What is published is exposed to somebody, and described in both languages."""

import re
from typing import Any

import pytest
import yaml

from tidemark.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "dbt_project" / "models"
READ = re.compile(r"\b(?:from|join)\s+(?:marts|kpi|ops)\.(\w+)")


def published_models() -> dict[str, tuple[str, dict[str, Any]]]:
    """Map every published table to its schema and what dbt's files say of it."""
    said = {
        node["name"]: node
        for path in MODELS.rglob("*.yml")
        for node in (yaml.safe_load(path.read_text("utf-8")) or {}).get("models", [])
    }
    return {
        path.stem: (schema, said[path.stem])
        for schema in ("marts", "kpi", "ops")
        for path in sorted((MODELS / schema).rglob("*.sql"))
        if not path.stem.startswith("int_")
    }


def exposed() -> dict[str, set[str]]:
    """Map every exposure to the models it depends on."""
    document = yaml.safe_load((MODELS / "exposures.yml").read_text("utf-8"))
    return {
        exposure["name"]: {re.sub(r"ref\('(\w+)'\)", r"\1", ref) for ref in exposure["depends_on"]}
        for exposure in document["exposures"]
    }


def test_the_release_exposes_every_published_table() -> None:
    models = set(published_models())

    assert len(models) > 45
    assert exposed()["bi_release"] == models


@pytest.mark.parametrize(
    ("exposure", "sources"),
    [("kpi_alerts", "alerts/*.py"), ("kpi_table", "tidemark/cli/kpi.py")],
)
def test_an_application_exposes_what_it_reads(exposure: str, sources: str) -> None:
    text = "".join(path.read_text("utf-8") for path in sorted(PROJECT_ROOT.glob(sources)))
    read = set(READ.findall(text))

    assert read
    assert exposed()[exposure] == read


def test_every_public_column_is_described_in_both_languages() -> None:
    models = published_models()
    said = {
        f"{name}.{column.get('name', '')}": str(column.get("description", ""))
        for name, (_, node) in models.items()
        for column in [node, *node["columns"]]
    }

    assert len(said) > 400
    assert [
        name for name, text in said.items() if not re.search(r" / .*[\u4e00-\u9fff]", text)
    ] == []
