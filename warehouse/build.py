"""From a plan to a candidate: copy the base build, renew its inputs, run dbt."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from tidemark.clock import days_between
from tidemark.errors import TidemarkError
from tidemark.settings import Settings
from warehouse.base import Base, base_path, read_base
from warehouse.candidate import remember, start_candidate, write_inputs, write_table
from warehouse.changes import changed_dates, describe
from warehouse.errors import BuildError
from warehouse.lock import locked
from warehouse.plans import Plan, plan_dir, read_plan
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
        days = _build(site, plan, transform or _of_engine(site))
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


def _of_engine(site: Site) -> Transform:
    """Return what builds the tables, as the settings say."""
    if site.settings.engine == "duckdb":
        return run_dbt
    from warehouse.spark import run_dbt_on_spark

    return partial(run_dbt_on_spark, site)


def _build(site: Site, plan: Plan, transform: Transform) -> dict[str, list[str]] | None:
    import duckdb

    folder = plan_dir(site.settings, plan.plan_id)
    (folder / BUILT).unlink(missing_ok=True)
    base = _base_of(site, plan)
    path = start_candidate(site, plan.plan_id, from_base=base is not None)
    with duckdb.connect(str(path)) as database:
        write_inputs(site, database, plan)
        days = _changed(site, database, base, plan)
    artifacts = transform(
        site.project_dir,
        site.settings.build_dir,
        path,
        {**variables(plan, days), **site.dbt_variables},
        full_refresh=days is None,
    )
    models = models_of(artifacts)
    with duckdb.connect(str(path)) as database:
        remember(site.settings, database, plan)
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
    found = {}
    for node in models:
        config = node["config"]
        if config["materialized"] == "incremental":
            first = date.fromisoformat(min([plan.as_of_date, *days[config["domain"]]]))
            reopened = timedelta(days=config.get("reopened_days") or 0)
            name = f"{node['schema']}.{node['alias']}"
            found[name] = {"column": config["day_column"], "day": str(first - reopened)}
    return found


def _base_of(site: Site, plan: Plan) -> Base | None:
    """Return the base that a plan starts from; BuildError when it is no longer there."""
    if plan.base is None:
        return None
    base = read_base(site.settings)
    if base is None or base.release_id != plan.base:
        found = "gone or broken" if base is None else f"replaced by that of {base.release_id}"
        raise BuildError(
            f"{plan.plan_id} starts from the build of {plan.base}, which is {found}; run tidemark "
            "release again, it plans anew"
        )
    return base


def _changed(
    site: Site, database: Any, base: Base | None, plan: Plan
) -> dict[str, list[str]] | None:
    if base is None:
        return None
    database.execute(f"attach '{base_path(site.settings)}' as base (read_only)")
    days = changed_dates(site, database, base, plan)
    database.execute("detach base")
    return None if days is None else {**days, "source_day": _told_days(plan)}


def _told_days(plan: Plan) -> list[str]:
    """Return the days of which the plan tells how every source has ended."""
    first, as_of = date.fromisoformat(plan.first_date), date.fromisoformat(plan.as_of_date)
    return [str(day) for day in days_between(first, as_of)] if plan.days is None else [*plan.days]
