"""What a killed run left behind: published releases are finished, the rest is swept."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from warehouse.base import base_path
from warehouse.candidate import candidate_path
from warehouse.hold import read_hold
from warehouse.plans import Plan, drop_plan, open_plans, plan_dir, read_plan
from warehouse.releases import LEDGER, current_id, drop_old, point_to, release_path, releases_dir
from warehouse.said import say
from warehouse.site import Site
from warehouse.status import read_status, write_atomically, write_status

logger = logging.getLogger(__name__)

PENDING = "pending.json"


def write_pending(site: Site, plan: Plan, body: Mapping[str, Any]) -> None:
    """Write down what is owed to the ledgers once the release file is there."""
    path = plan_dir(site.settings, plan.plan_id) / PENDING
    write_atomically(path, json.dumps(body, ensure_ascii=False))


def finish(site: Site, plan: Plan, *, notice: Callable[[str], None] = lambda _: None) -> None:
    """Do what follows the rename of a release file; every step may be done twice."""
    settings, folder = site.settings, plan_dir(site.settings, plan.plan_id)
    owed = json.loads((folder / PENDING).read_text())
    row = owed["release"]
    site.lake.append(LEDGER, plan.plan_id, row)
    say(site.lake, plan.plan_id, row["published_at"], owed)
    notice("after the ledgers")
    candidate = candidate_path(site, plan.plan_id)
    if candidate.exists():
        base = base_path(settings)
        # a log of another file under this name would be replayed into the new one
        base.with_name(f"{base.name}.wal").unlink(missing_ok=True)
        candidate.replace(base)
    notice("after the base")
    point_to(settings, plan.plan_id)
    notice("after the link")
    drop_old(settings)
    reason = f"{plan.plan_id}, as of {plan.as_of_date}: {row['gate_summary']}"
    write_status(
        site,
        "published",
        reason,
        late_sources=plan.late_sources,
        refused_slices=plan.refused_slices,
    )
    drop_plan(settings, plan.plan_id)


def finish_what_was_begun(site: Site) -> tuple[list[str], str | None]:
    """Complete every release whose file is there and a rollback whose hold is; sweep the rest.

    Return the ids of those releases, and that of the rollback.
    """
    finished = []
    for plan_id in open_plans(site.settings):
        if release_path(site.settings, plan_id).exists():
            logger.warning("%s was published by a run that did not end; finishing it", plan_id)
            finish(site, read_plan(site.settings, plan_id))
            finished.append(plan_id)
    _sweep(site)
    return finished, finish_rollback(site)


def finish_rollback(site: Site) -> str | None:
    """Show readers what the hold says; return its id when they did not see or hear of it yet."""
    settings, hold = site.settings, read_hold(site.settings)
    if hold is None or not release_path(settings, hold.release_id).exists():
        return None
    told = read_status(settings).get("release_id")
    if hold.release_id == current_id(settings) == told:
        return None
    point_to(settings, hold.release_id)
    write_status(site, "rolled_back", hold.reason)
    return hold.release_id


def _sweep(site: Site) -> None:
    """Remove half-written files, and logs that stand beside files nobody writes to."""
    published, build = site.settings.published_dir, site.settings.build_dir
    leftovers = [
        *releases_dir(site.settings).glob("*.tmp"),
        *releases_dir(site.settings).glob("*.wal"),
        *published.glob("*.wal"),
        *build.glob("*.wal"),
    ]
    for path in leftovers:
        path.unlink(missing_ok=True)
    for folder in build.glob("r*-*"):
        if not (folder / "plan.json").exists():
            drop_plan(site.settings, folder.name)
