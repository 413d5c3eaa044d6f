"""docs/bi.md says of every recipe which test runs it, or that none does and why."""

import ast
import re

import pytest

from tidemark.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### (.+?)\n\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
TOOLS = {
    *("DuckDB", "SQLAlchemy", "pandas", "Polars", "Spark", "Trino", "An object store"),
    *("Superset", "psql", "Metabase", "Tableau", "Power BI", "FineBI"),
}
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_tool_has_its_recipe():
    assert set(RECIPES) == TOOLS


@pytest.mark.parametrize("tool", RECIPES)
def test_a_recipe_names_the_tests_that_run_it_or_says_why_none_does(tool):
    marks = re.findall(r"^(?:Tested|Not tested).*", RECIPES[tool], re.MULTILINE)

    assert len(marks) == 1, f"{tool}: begin with one line `Tested: <tests>` or `Not tested: <why>`"
    assert RECIPES[tool].startswith(marks[0])
    if marks[0].startswith("Tested"):
        assert NAMED.findall(marks[0]), f"{tool}: name a test as `tests/…/file.py::test_name`"
    else:
        assert re.match(r"Not tested[^:]*: \S", marks[0]), f"{tool}: say why it is not tested"


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(TEXT))))
def test_a_test_that_a_recipe_names_exists(path, name):
    tree = ast.parse((PROJECT_ROOT / path).read_text(encoding="utf-8"))

    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

    assert name in functions, f"docs/bi.md: {path} has no {name}; correct the page"
