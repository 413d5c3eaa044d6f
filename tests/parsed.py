"""The dbt project as parsed, shared by all tests of a machine: parsing takes longer than building.

What was parsed is kept under the hash of all that it depends on, in the folder for temporary files.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tidemark.config.loader import load_config
from tidemark.settings import PROJECT_ROOT
from warehouse.fingerprint import text_hash
from warehouse.registry_rows import metric_variables
from warehouse.transform import DATABASE, DUCKDB, PARSED, PARSED_FROM, parse_mark, parsed_in, unions

DBT_PROJECT = PROJECT_ROOT / "dbt_project"


def variables() -> dict[str, Any]:
    """Return the variables that name models, as a build passes them."""
    return {"unions": unions(DBT_PROJECT), **metric_variables(load_config(PROJECT_ROOT / "config"))}


def parsed_project(database: str) -> Any:
    """Return the project, parsed for a database of that name, to be handed to one run of dbt."""
    return parsed_in(_parsed(database))


def seed_parsed(home: Path) -> None:
    """Let the first build of an installation find the project parsed."""
    artifacts = home / "build" / "dbt" / DUCKDB
    artifacts.mkdir(parents=True, exist_ok=True)
    parsed = _parsed("candidate")
    for name in (PARSED, PARSED_FROM):
        shutil.copyfile(parsed / name, artifacts / name)


def _parsed(database: str) -> Path:
    """Return the folder of the project parsed for a database, parsed now if nobody has."""
    mark = parse_mark(DBT_PROJECT, variables())
    name = text_hash(f"{mark} {DBT_PROJECT} {database}")[:24]
    folder = Path(tempfile.gettempdir()) / f"tidemark-parsed-{os.getuid()}" / name
    if not folder.exists():
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        _parse(made, database)
        (made / PARSED_FROM).write_text(mark)
        try:
            made.rename(folder)
        except OSError:  # another process was as quick
            shutil.rmtree(made)
    return folder


def _parse(folder: Path, database: str) -> None:
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse"]
    folders = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    written = ["--target-path", str(folder), "--log-path", str(folder)]
    told = ["--target", DUCKDB, "--vars", json.dumps(variables())]
    environ = {**os.environ, DATABASE: str(folder / f"{database}.duckdb")}
    subprocess.run([*command, *folders, *written, *told], env=environ, check=True)
