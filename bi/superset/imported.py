"""What Superset's own database holds of the boards, found without starting Superset."""

import hashlib
import json
import os
import runpy
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

#: import path of an asset: its table in Superset's database
TABLES = {"databases": "dbs", "datasets": "tables", "charts": "slices", "dashboards": "dashboards"}

Bundles = Mapping[str, Mapping[str, str]]


def is_imported(bundles: Bundles) -> bool:
    """Tell whether these bundles were imported by this Superset and nobody changed them since."""
    kept = _note()
    return kept.exists() and json.loads(kept.read_text()) == _state(bundles)


def remember(bundles: Bundles) -> None:
    """Keep what was imported, for the next call of `is_imported`."""
    _note().write_text(json.dumps(_state(bundles)))
    _unfinished().unlink(missing_ok=True)


def is_new() -> bool:
    """Tell whether Superset's database is a file that does not exist, or was left half made.

    It counts as half made until `remember`.
    """
    from sqlalchemy.engine import make_url

    url = make_url(_config()["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() != "sqlite" or not url.database:
        return False
    if _unfinished().exists():
        Path(url.database).unlink(missing_ok=True)
    # asking whether boards are there leaves an empty file where none was
    is_missing = not Path(url.database).exists() or not Path(url.database).stat().st_size
    if is_missing:
        _unfinished().touch()
    return is_missing


def _unfinished() -> Path:
    return _note().with_name("unfinished")


def _note() -> Path:
    return Path(os.environ["TIDEMARK_BI_HOME"]) / "imported.json"


def _config() -> dict[str, Any]:
    return runpy.run_path(os.environ["SUPERSET_CONFIG_PATH"])


def _state(bundles: Bundles) -> dict[str, str]:
    """Return fingerprints of what is declared and of what Superset's database holds of it."""
    declared = json.dumps([version("apache-superset"), bundles], sort_keys=True)
    said = {"declared": declared, "held": json.dumps(_held(bundles))}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in said.items()}


def _held(bundles: Bundles) -> list[list[str]]:
    """Return the schema's version, and of each asset of the bundles when it was last changed."""
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(_config()["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as database:
        if "alembic_version" not in inspect(engine).get_table_names():
            return []
        rows = database.execute(text("select version_num from alembic_version")).fetchall()
        found = [["alembic", str(row[0])] for row in rows]
        for table, ids in _ids(bundles).items():
            for row in database.execute(text(f"select uuid, changed_on from {table}")):
                uuid = row[0].hex() if isinstance(row[0], bytes) else str(row[0]).replace("-", "")
                found += [[table, uuid, str(row[1])]] if uuid in ids else []
    return sorted(found)


def _ids(bundles: Bundles) -> dict[str, set[str]]:
    """Return the ids of the bundles' assets, by table."""
    found: dict[str, set[str]] = {table: set() for table in TABLES.values()}
    for path, text in (file for files in bundles.values() for file in files.items()):
        if table := TABLES.get(path.partition("/")[0]):
            found[table].add(yaml.safe_load(text)["uuid"].replace("-", ""))
    return found
