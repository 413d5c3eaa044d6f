"""The marts gate: a candidate that fails a critical check is never published."""

import json
from collections.abc import Callable
from typing import Any

from tidemark.settings import Settings
from warehouse.build import BUILT
from warehouse.candidate import candidate_path
from warehouse.errors import GateError, PlanError
from warehouse.lock import locked
from warehouse.plans import Plan, drop_plan, plan_dir, read_plan
from warehouse.site import Site, open_site
from warehouse.status import write_atomically, write_status

AUDITED = "audited.json"
SHOWN_AT_MOST = 5

#: (database, lake, settings, release id, the first day built anew by table) -> a report with
#: .passed, .critical and .summary
Check = Callable[..., Any]


def audit(settings: Settings, plan_id: str | None = None) -> str:
    """Judge the candidate of a plan; raise GateError when a critical check fails."""
    with locked(settings, "tidemark audit"):
        return audit_candidate(open_site(settings), plan_id)


def audit_candidate(site: Site, plan_id: str | None = None, check: Check | None = None) -> str:
    """Judge under a lock that the caller holds; a failed candidate is dropped."""
    plan = read_plan(site.settings, plan_id)
    folder = plan_dir(site.settings, plan.plan_id)
    if not (folder / BUILT).exists():
        raise PlanError(f"{plan.plan_id} is not built; run tidemark build {plan.plan_id} first")
    path = candidate_path(site, plan.plan_id)
    if site.settings.engine == "spark":
        from warehouse.spark import attach_tables

        attach_tables(site.settings, plan.plan_id)
    rebuilt_from = json.loads((folder / BUILT).read_text())["rebuilt_from"]
    report = (check or _expectations())(path, site.lake, site.settings, plan.plan_id, rebuilt_from)
    if not report.passed:
        _refuse(site, plan, [str(failure) for failure in report.critical])
    write_atomically(folder / AUDITED, json.dumps({"gate_summary": report.summary}))
    return plan.plan_id


def read_summary(settings: Settings, plan_id: str) -> str:
    """Return the summary of a passed audit; raise when there was none."""
    path = plan_dir(settings, plan_id) / AUDITED
    if not path.exists():
        raise PlanError(f"{plan_id} has not passed its audit; run tidemark audit {plan_id} first")
    return str(json.loads(path.read_text())["gate_summary"])


def _expectations() -> Check:
    from expectations.runner import audit_database

    check: Check = audit_database
    return check


def _refuse(site: Site, plan: Plan, failures: list[str]) -> None:
    shown = "; ".join(failures[:SHOWN_AT_MOST])
    more = f"; and {len(failures) - SHOWN_AT_MOST} more" if len(failures) > SHOWN_AT_MOST else ""
    reason = (
        f"{plan.plan_id} (as of {plan.as_of_date}) failed its gate: {shown}{more}. The published "
        "release stays; mend the data or the rule, then run tidemark release"
    )
    drop_plan(site.settings, plan.plan_id)
    write_status(site, "gate_failed", reason, failures=failures, late_sources=plan.late_sources)
    raise GateError(reason)
