"""The one dbt invocation of a build, in this process."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.errors import BuildError
from warehouse.fingerprint import project_hash, text_hash
from warehouse.registry_rows import REGISTRY_VARIABLES

DATABASE = "TIDEMARK_BUILD_DB"
#: what dbt keeps of a parsed project, and of what it was parsed
PARSED, PARSED_FROM = "partial_parse.msgpack", "parsed_from"
#: the targets of dbt_project/profiles.yml
DUCKDB, SPARK = "build", "spark"
SHOWN_AT_MOST = 5


def run_dbt(
    project_dir: Path,
    build_dir: Path,
    database: Path,
    variables: Mapping[str, Any],
    *,
    full_refresh: bool,
    target: str = DUCKDB,
) -> Path:
    """Build and test every model on a target; return the folder of dbt's artifacts.

    Unit tests stay out: they judge code, which the test suite has judged before.
    """
    from dbt.cli.main import dbtRunner

    artifacts = build_dir / "dbt" / target
    arguments = [*_arguments(project_dir, build_dir, artifacts), "--target", target]
    variables = {**variables, "unions": unions(project_dir)}
    arguments += ["--vars", json.dumps(variables)]
    mark = parse_mark(project_dir, variables)
    if full_refresh:
        arguments.append("--full-refresh")
    elif target == DUCKDB:
        # staging knows no variable, so its views stand in the copied database until the project
        # changes, and then everything is built; later views hold the as-of day
        arguments += ["--exclude", "path:models/staging"]
    with _environment(DATABASE, str(database)):
        try:
            result = dbtRunner(manifest=_parsed(mark, artifacts)).invoke(arguments)
        finally:
            _release_database()
    if result.result is not None:
        (artifacts / PARSED_FROM).write_text(mark)
    if not result.success:
        raise BuildError(_explain(result))
    return artifacts


def unions(project_dir: Path) -> dict[str, list[str]]:
    """Return which platforms offer a shape: they have a model int_<platform>__<shape>."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((project_dir / "models" / "intermediate").glob("*/int_*__*.sql")):
        platform = path.parent.name
        found[path.stem.removeprefix(f"int_{platform}__")].append(platform)
    return dict(found)


def models_of(artifacts: Path) -> list[dict[str, Any]]:
    """Return the models of the project as dbt's own manifest tells of them."""
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model"]


def _arguments(project_dir: Path, build_dir: Path, artifacts: Path) -> list[str]:
    """Return the command; everything that dbt writes goes below the build folder."""
    return [
        *("--log-level", "warn", "--log-level-file", "info", "--no-use-colors", "build"),
        *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
        *("--target-path", str(artifacts), "--log-path", str(build_dir / "dbt" / "logs")),
        *("--exclude-resource-type", "unit_test"),
    ]


def parse_mark(project_dir: Path, variables: Mapping[str, Any]) -> str:
    """Hash what a parsed project depends on: its files, and the variables that name models."""
    structure = {name: variables.get(name) for name in (*REGISTRY_VARIABLES, "unions")}
    return f"{project_hash(project_dir)} {text_hash(json.dumps(structure, sort_keys=True))}"


def _parsed(mark: str, artifacts: Path) -> Any:
    """Return the project as parsed before, or None when it has changed since.

    dbt throws its own memory away whenever a variable differs, as the as-of day does every time;
    of these no model of this project reads one while it is parsed.
    """
    before = artifacts / PARSED_FROM
    if not before.exists() or before.read_text() != mark:
        return None
    before.unlink()
    return parsed_in(artifacts)


def parsed_in(artifacts: Path) -> Any:
    """Return the project as dbt left it parsed in a folder, to be handed to one run."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = (artifacts / PARSED).read_bytes()
    manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def _explain(result: Any) -> str:
    """Return which models failed and what the database said, in one paragraph."""
    if result.exception is not None:
        return f"dbt could not run: {_one_line(str(result.exception))}"
    failed = [
        f"{r.node.name} ({r.node.original_file_path}): {_one_line(r.message or str(r.status))}"
        for r in result.result or ()
        if str(r.status) in {"error", "fail", "runtime error"}
    ]
    more = f"; and {len(failed) - SHOWN_AT_MOST} more" if len(failed) > SHOWN_AT_MOST else ""
    return (
        f"dbt stopped at {'; '.join(failed[:SHOWN_AT_MOST])}{more}. Nothing was published; mend "
        "the model or the data and run tidemark release"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _release_database() -> None:
    """Close the database that dbt's adapter keeps open for the life of the process."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()
