"""Data flows one way, and so do imports."""

import ast
from pathlib import Path

import pytest

from tidemark.settings import PROJECT_ROOT

#: lower rooms first; a module imports only from its own room or from one before it
ROOMS = (
    # in an environment of its own, where no other room can be imported
    ("bi",),
    ("tidemark.errors", "tidemark.clock"),
    ("tidemark.settings", "tidemark.spark"),
    ("tidemark.config",),
    ("extractors",),
    ("expectations",),
    ("warehouse",),
    ("alerts",),
    ("board",),
    ("sandbox",),
    ("tidemark.orchestration", "tidemark.cli"),
    ("dags",),
)
OURS = {
    "alerts",
    "bi",
    "board",
    "dags",
    "expectations",
    "extractors",
    "sandbox",
    "tidemark",
    "warehouse",
}
# the registry of platforms tells the configuration which platforms exist; the vocabulary is shared
SHARED = ("extractors.core.model", "extractors.core.registry")


def room_of(module: str) -> int | None:
    for number, names in enumerate(ROOMS):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return number
    return None


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.append(node.module)
    return [name for name in found if name.partition(".")[0] in OURS]


def sources() -> list[Path]:
    return sorted(
        path
        for room in OURS
        for path in (PROJECT_ROOT / room).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def test_there_are_sources_to_look_at():
    assert len(sources()) > 30


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PROJECT_ROOT)))
def test_a_module_imports_only_downwards(path):
    module = ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts)
    here = room_of(module)
    upwards = [
        name
        for name in imports(path)
        if here is not None and (room_of(name) or 0) > here and not name.startswith(SHARED)
    ]

    assert upwards == [], f"{module} reads against the arrow: {upwards}; move what is shared down"


def test_staging_knows_no_variable():
    files = sorted((PROJECT_ROOT / "dbt_project" / "models" / "staging").rglob("*.sql"))
    assert files

    for path in files:
        text = path.read_text()
        for word in ("var(", "as_of_date", "first_date", "changed_"):
            assert word not in text, f"{path.name}: an incremental build leaves its view standing"
