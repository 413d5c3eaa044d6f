"""Back to an older release, and the hold that keeps it there. Ledgers are never rolled back."""

from tidemark.settings import Settings
from warehouse.errors import RollbackError
from warehouse.hold import lift_hold, set_hold
from warehouse.lock import locked
from warehouse.recovery import finish_what_was_published
from warehouse.releases import current_id, kept_ids, point_to
from warehouse.site import Site, open_site
from warehouse.status import write_status


def rollback(settings: Settings, release_id: str | None = None, *, steps: int = 1) -> str:
    """Make an older release the published one and hold new ones back; return its id."""
    with locked(settings, "tidemark rollback"):
        return roll_back(open_site(settings), release_id, steps=steps)


def roll_back(site: Site, release_id: str | None = None, *, steps: int = 1) -> str:
    """Roll back under a lock that the caller holds."""
    finish_what_was_published(site)
    target = _target(site.settings, release_id, steps)
    before = current_id(site.settings)
    reason = f"rolled back from {before} to {target}"
    # the hold comes first: a kill in between must not let the next run publish over it
    set_hold(site.settings, reason)
    point_to(site.settings, target)
    write_status(site, "rolled_back", reason)
    return target


def resume(settings: Settings) -> bool:
    """End the hold; tell whether there was one. The next release is built from the newest data."""
    with locked(settings, "tidemark rollback --resume"):
        return lift_hold(settings)


def _target(settings: Settings, release_id: str | None, steps: int) -> str:
    kept, current = kept_ids(settings), current_id(settings)
    known = ", ".join(kept) or "none"
    if release_id is not None:
        if release_id not in kept:
            raise RollbackError(f"there is no kept release {release_id}; kept are {known}")
        return release_id
    if current is None:
        raise RollbackError("nothing is published yet, so there is nothing to go back from")
    older = [name for name in kept if name < current]
    if not 1 <= steps <= len(older):
        raise RollbackError(f"{len(older)} releases are kept before {current}; kept are {known}")
    return older[-steps]
