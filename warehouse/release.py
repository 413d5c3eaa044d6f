"""All steps of a release in one go, under one lock."""

import logging
from collections.abc import Callable

from tidemark.settings import Settings
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.lock import locked
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.site import open_site

logger = logging.getLogger(__name__)


def release(
    settings: Settings, *, force: bool = False, tell: Callable[[str], None] = logger.info
) -> str | None:
    """Gate what is pending, then plan, build, audit and publish; None when nothing is due."""
    from expectations.runner import gate_lake

    with locked(settings, "tidemark release"):
        site = open_site(settings)
        tell("gate")
        gate_lake(site.lake, settings)
        tell("plan")
        found = make_plan(site, force=force)
        if found is None:
            return None
        for name, step in (
            ("build", build_candidate),
            ("audit", audit_candidate),
            ("publish", publish_candidate),
        ):
            tell(f"{name} {found.plan_id}")
            step(site, found.plan_id)
        return found.plan_id
