"""From a plan to a candidate: copy the base build, renew its inputs, run dbt."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from tidemark.errors import TidemarkError
from tidemark.settings import Settings
from warehouse.base import Base, base_path, read_base
from warehouse.candidate import remember, start_candidate, write_inputs, write_table
from warehouse.changes import changed_dates, describe
from warehouse.errors import BuildError
from warehouse.lock import locked
from warehouse.plans import Plan, plan_dir, read_plan, read_slices
from warehouse.room import check_room
from warehouse.site import Site, open_site
from warehouse.status import write_status
from warehouse.transform import models_of, run_dbt

logger = logging.getLogger(__name__)

BUILT = "built.json"

#: what turns the inputs in a database into tables and returns the folder of its artifacts
Transform = Callable[..., Path]


def build(settings: Settings, plan_id: str | None = None) -> str:
    """Build the candidate of a plan; return the plan's id."""
    with locked(settings, "tidemark build"):
        return build_candidate(open_site(settings), plan_id)


def build_candidate(
    site: Site, plan_id: str | None = None, *, transform: Transform | None = None
) -> str:
    """Build under a lock that the caller holds; building again starts afresh."""
    import duckdb

    plan = read_plan(site.settings, plan_id)
    check_room(site)
    try:
        slices = read_slices(site.settings, plan.plan_id)
        days = _build(site, plan, slices, transform or _of_engine(site, slices))
    except (TidemarkError, duckdb.Error) as error:
        write_status(site, "build_failed", str(error), late_sources=plan.late_sources)
        if isinstance(error, TidemarkError):
            raise
        raise BuildError(
            f"the build database of {plan.plan_id} could not be prepared: {error}. If the lake was "
            "compacted meanwhile, run tidemark release again; it plans anew"
        ) from error
    logger.info("%s built, as of %s: %s", plan.plan_id, plan.as_of_date, describe(days))
    return plan.plan_id


def _of_engine(site: Site, slices: pa.Table) -> Transform:
    """Return what builds the tables, as the settings say."""
    if site.settings.engine == "duckdb":
        return run_dbt
    from warehouse.spark import run_dbt_on_spark

    return partial(run_dbt_on_spark, site, slices)


def _build(
    site: Site, plan: Plan, slices: pa.Table, transform: Transform
) -> dict[str, list[str]] | None:
    import duckdb

    folder = plan_dir(site.settings, plan.plan_id)
    (folder / BUILT).unlink(missing_ok=True)
    base = _usable(read_base(site.settings), plan)
    path = start_candidate(site, plan.plan_id, from_base=base is not None)
    with duckdb.connect(str(path)) as database:
        write_inputs(site, database, plan, slices)
        days = _changed(site, database, base, plan, slices)
    if base is not None and days is None:
        path = start_candidate(site, plan.plan_id, from_base=False)
        with duckdb.connect(str(path)) as database:
            write_inputs(site, database, plan, slices)
    artifacts = transform(
        site.project_dir,
        site.settings.build_dir,
        path,
        {**variables(plan, days), **site.dbt_variables},
        full_refresh=days is None,
    )
    models = models_of(artifacts)
    with duckdb.connect(str(path)) as database:
        remember(database, plan)
        write_table(database, "state.description", descriptions(models))
        database.execute("checkpoint")
    built = {"changed_dates": days, "rebuilt_from": _rebuilt_from(plan, days, models)}
    (folder / BUILT).write_text(json.dumps(built))
    return days


def variables(plan: Plan, days: dict[str, list[str]] | None) -> dict[str, Any]:
    """Return the dbt variables of a plan."""
    return {
        "as_of_date": plan.as_of_date,
        "first_date": plan.first_date,
        "changed_dates": days or {},
        "release_id": plan.plan_id,
    }


def descriptions(models: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return what dbt says of tables (no column) and columns, to be published as comments."""
    rows = []
    for node in models:
        said = {None: node["description"]}
        said |= {name: c["description"] for name, c in node["columns"].items()}
        rows += [
            {"schema": node["schema"], "name": node["alias"], "column": column, "description": text}
            for column, text in said.items()
            if text
        ]
    columns = ("schema", "name", "column", "description")
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in columns]))


def _rebuilt_from(
    plan: Plan, days: Mapping[str, list[str]] | None, models: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, str]]:
    """Return the first day that was built anew of each published table that is built by days."""
    if days is None:
        return {}
    changed = [day for found in days.values() for day in found]
    first = date.fromisoformat(min([plan.as_of_date, *changed]))
    return {
        f"{node['schema']}.{node['alias']}": {
            "column": node["config"]["day_column"],
            "day": str(first - timedelta(days=node["config"].get("reopened_days") or 0)),
        }
        for node in models
        if node["config"]["materialized"] == "incremental"
    }


def _usable(base: Base | None, plan: Plan) -> Base | None:
    """Return the base if the same models and rules made it, over the same span of days."""
    if base is None or would_turn_back(base, plan):
        return None
    is_same = (base.model_hash, base.config_hash) == (plan.model_hash, plan.config_hash)
    return base if is_same and str(base.first_date) == plan.first_date else None


def would_turn_back(base: Base, plan: Plan) -> bool:
    """Tell whether the plan would turn the base back in time."""
    return base.as_of_date > date.fromisoformat(plan.as_of_date)


def _changed(
    site: Site, database: Any, base: Base | None, plan: Plan, slices: pa.Table
) -> dict[str, list[str]] | None:
    if base is None:
        return None
    database.execute(f"attach '{base_path(site.settings)}' as base (read_only)")
    as_of = date.fromisoformat(plan.as_of_date)
    days = changed_dates(site, database, base, as_of=as_of)
    database.execute("detach base")
    return days
