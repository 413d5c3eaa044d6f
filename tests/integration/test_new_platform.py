"""A new platform in a copy of the tree: its stubs hold together, and what they leave is named."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tidemark.errors import WrongUsage
from tidemark.orchestration.platform_stubs import write_stubs
from tidemark.settings import PROJECT_ROOT

ROOMS = ("config", "dbt_project", "docs", "expectations", "extractors", "sandbox", "tests")
ROOMS += ("tidemark", "warehouse", "alerts")
COMMAND = "from tidemark.cli.main import main; main()"
MISSING = """
import json
from extractors.core.registry import platforms_by_name
from tests.contract.test_platforms import missing
print(json.dumps(missing(platforms_by_name()["acme"])))
"""
STAGED = """
from pathlib import Path
from tests.warehouse_fixture import make_build_db, query, run_dbt
row = {"account_key": "a", "stat_date": __import__("datetime").date(2026, 4, 15), "followers": 7}
path = make_build_db(Path("build.duckdb"), {"acme__account_days": [row]})
run_dbt(path, "run", "--select", "stg_acme__account_days", as_of="2026-04-15")
print(query(path, "select account_key, followers from staging.stg_acme__account_days"))
"""
PAGE = "docs/platforms/acme.md: nothing is said under "
LEFT = [
    "label_zh is empty",
    "label_en is empty",
    "account_days: label_zh is empty",
    "account_days: label_en is empty",
    *(f"{PAGE}{heading!r}" for heading in ("acme", "Getting credentials", "Scopes", "Quotas")),
    *(f"{PAGE}{heading!r}" for heading in ("Terms", "Personal data", "What it cannot tell us")),
    "extractors/platforms/codes/acme.txt: no error code is named",
    "dbt_project/models/intermediate/acme: no model takes its rows into a shape",
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree with the stubs of `acme`, written by the command."""
    root = tmp_path_factory.mktemp("tree")
    trash = shutil.ignore_patterns("__pycache__", "target", "logs")
    for room in ROOMS:
        shutil.copytree(PROJECT_ROOT / room, root / room, ignore=trash)
    shutil.copy(PROJECT_ROOT / "pyproject.toml", root)
    done = python(root, "-c", COMMAND, "new-platform", "acme")
    assert done.returncode == 0, done.stderr
    return root


def python(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a tree, on that tree's own modules."""
    environ = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "250"}
    return subprocess.run(
        [sys.executable, "-B", *words],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def lacks(root: Path) -> list[str]:
    done = python(root, "-c", MISSING)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_the_stubs_leave_open_is_named_and_nothing_else(tree):
    found = lacks(tree)

    marked = [line for line in found if "TODO" in line]
    assert [line for line in found if line not in marked] == LEFT
    assert {line.partition(":")[0] for line in marked} == {
        "extractors/platforms/acme/__init__.py",
        "extractors/platforms/acme/connection.py",
        "extractors/platforms/acme/streams.py",
        "sandbox/routes/acme/__init__.py",
        "sandbox/routes/acme/world.py",
    }


def test_the_other_contracts_hold_and_the_test_of_the_stubs_passes(tree):
    contracts = ("test_folders.py", "test_layers.py", "test_sandbox_contract.py")
    paths = [f"tests/contract/{name}" for name in contracts]

    done = python(tree, "-m", "pytest", "-q", *paths, "tests/unit/test_platform_acme.py")

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_dbt_builds_the_staging_view_of_the_stubs(tree):
    done = python(tree, "-c", STAGED)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[('a', 7)]"


@pytest.mark.parametrize("words", [("check",), ("format", "--check")], ids=" ".join)
def test_the_stubs_are_written_as_the_linter_wants_them(tree, words):
    done = python(tree, "-m", "ruff", *words, "--no-cache", ".")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("docs/platforms/acme.md", "docs/platforms/acme.md: there is no page"),
        (
            "expectations/raw/acme__account_days.json",
            "expectations/raw/acme__account_days.json: there is no suite",
        ),
        (
            "dbt_project/models/staging/acme/stg_acme__account_days.sql",
            "dbt_project/models/staging/acme/stg_acme__account_days.sql: there is no staging view",
        ),
        (
            "dbt_project/models/staging/acme/_acme__sources.yml",
            "dbt_project/models/staging/acme/_acme__sources.yml: acme__account_days is not among "
            "the sources",
        ),
        (
            "tests/unit/test_platform_acme.py",
            "tests/unit/test_platform_acme.py: no test file names it",
        ),
        ("sandbox/routes/acme", "sandbox/routes/acme: no route below /acme/"),
    ],
    ids=["page", "suite", "view", "sources", "test", "routes"],
)
def test_a_room_that_is_gone_is_missed_by_name(tree, tmp_path, gone, said):
    kept = tmp_path / "kept"
    shutil.move(tree / gone, kept)

    found = lacks(tree)
    shutil.move(kept, tree / gone)

    assert said in found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acme", "extractors/platforms/codes/acme.txt is there already"),
        ("Acme", "cannot name a platform"),
        ("a__b", "cannot name a platform"),
        ("codes", "cannot name a platform"),
    ],
    ids=["taken", "capital", "double underscore", "folder"],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(tmp_path, name, said):
    codes = tmp_path / "extractors" / "platforms" / "codes" / "acme.txt"
    codes.parent.mkdir(parents=True)
    codes.write_text("mine")

    with pytest.raises(WrongUsage, match=said):
        write_stubs(tmp_path, name)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [codes]
    assert codes.read_text() == "mine"
