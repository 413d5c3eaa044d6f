"""From an audited candidate to the release that readers see.

The commit is the rename of the release file. What follows it (ledgers, the base of the next build,
the symlink) is idempotent, and the next run finishes it if this one is killed.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from tidemark.settings import Settings
from warehouse.audit import read_summary
from warehouse.base import base_path
from warehouse.candidate import candidate_path, current_files
from warehouse.errors import PlanError
from warehouse.hold import read_hold
from warehouse.ledger_tables import flatten
from warehouse.lock import locked
from warehouse.plans import Plan, open_plans, read_plan
from warehouse.publishers import show_everywhere
from warehouse.recovery import finish, finish_what_was_begun, write_pending
from warehouse.release_file import write_release_file
from warehouse.releases import release_path
from warehouse.said import (
    BASELINES,
    FROZEN,
    FROZEN_WEEKDAYS,
    SAID,
    VERDICTS,
    WEEKDAYS,
    new_verdicts,
)
from warehouse.site import Site, open_site

#: told where publishing is; tests end the process there
Notice = Callable[[str], None]


def publish(settings: Settings, plan_id: str | None = None) -> str:
    """Publish the audited candidate of a plan; return the release's id."""
    with locked(settings, "tidemark publish"):
        return publish_candidate(open_site(settings), plan_id)


def publish_file(settings: Settings, plan_id: str) -> str:
    """Publish the file of an audited candidate, and leave the other places to who comes next."""
    with locked(settings, "tidemark publish"):
        return _publish_file(open_site(settings), plan_id, notice=lambda _: None)


def publish_candidate(
    site: Site, plan_id: str | None = None, *, notice: Notice = lambda _: None
) -> str:
    """Publish under a lock that the caller holds; publishing what is published changes nothing.

    Readers of the file have the release also when PublishError says that others do not.
    """
    release_id = _publish_file(site, plan_id, notice=notice)
    show_everywhere(site.settings)
    return release_id


def _publish_file(site: Site, plan_id: str | None, *, notice: Notice) -> str:
    finished, _ = finish_what_was_begun(site)
    if plan_id in finished:
        return plan_id
    if plan_id is None and finished and not open_plans(site.settings):
        return finished[-1]
    if plan_id is not None and release_path(site.settings, plan_id).exists():
        return plan_id
    plan = read_plan(site.settings, plan_id)
    if (hold := read_hold(site.settings)) is not None:
        raise PlanError(f"releases are held: {hold.reason}; tidemark rollback --resume ends it")
    row = _release_row(site, plan)
    write_pending(site, plan, {"release": row, **_sayings(site, plan)})
    notice("before the file")
    write_release_file(
        candidate_path(site, plan.plan_id),
        release_path(site.settings, plan.plan_id),
        site.lake,
        row,
    )
    notice("after the file")
    finish(site, plan, notice=notice)
    # only now: until here the next build's base was another one, with other files
    if not site.lake.is_local:
        site.lake.keep_copies(_files_of_base(site))
    return plan.plan_id


def _files_of_base(site: Site) -> set[str]:
    import duckdb

    with duckdb.connect(str(base_path(site.settings)), read_only=True) as database:
        return {path for files in current_files(site, database) for path in files.paths}


def _release_row(site: Site, plan: Plan) -> dict[str, Any]:
    return {
        "release_id": plan.plan_id,
        "published_at": site.settings.clock().isoformat(),
        "as_of_date": plan.as_of_date,
        "code_version": plan.code_version,
        "config_version": plan.config_version,
        "input_hash": plan.input_hash,
        "gate_summary": read_summary(site.settings, plan.plan_id),
    }


def _sayings(site: Site, plan: Plan) -> dict[str, Any]:
    """Return the verdicts and baselines that this release says for the first time."""
    import duckdb

    told = list(flatten(site.lake.ledger(SAID)))
    path = candidate_path(site, plan.plan_id)
    with duckdb.connect(str(path), read_only=True) as database:
        verdicts = _rows(database, "kpi.goal_status", VERDICTS)
        frozen = _rows(database, "intermediate.int_kpi_baseline", FROZEN)
        weekdays = _rows(database, "intermediate.int_kpi_weekday_weight", FROZEN_WEEKDAYS)
    return {SAID: new_verdicts(verdicts, told), BASELINES: frozen, WEEKDAYS: weekdays}


def _rows(database: Any, table: str, query: str) -> list[dict[str, Any]]:
    schema, name = table.split(".")
    known = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
    if database.execute(known, [schema, name]).fetchone() is None:
        return []
    rows: list[dict[str, Any]] = database.execute(query).to_arrow_table().to_pylist()
    return [{k: str(v) if isinstance(v, date) else v for k, v in row.items()} for row in rows]
