"""Back to an older release, and the hold that keeps it there. Ledgers are never rolled back."""

from tidemark.settings import Settings
from warehouse.errors import RollbackError
from warehouse.hold import Hold, lift_hold, read_hold, set_hold
from warehouse.lock import locked
from warehouse.publishers import show_everywhere
from warehouse.recovery import finish_rollback, finish_what_was_begun
from warehouse.releases import current_id, kept_ids
from warehouse.site import Site, open_site


def rollback(settings: Settings, release_id: str | None = None, *, steps: int = 1) -> str:
    """Make an older release the published one and hold new ones back; return its id."""
    with locked(settings, "tidemark rollback"):
        return roll_back(open_site(settings), release_id, steps=steps)


def roll_back(site: Site, release_id: str | None = None, *, steps: int = 1) -> str:
    """Roll back under a lock that the caller holds.

    A rollback that was killed is finished first; asking again without an id then goes no further.
    """
    target = _roll_back_file(site, release_id, steps)
    show_everywhere(site.settings)
    return target


def _roll_back_file(site: Site, release_id: str | None, steps: int) -> str:
    settings = site.settings
    _, finished = finish_what_was_begun(site)
    if release_id in (None, finished) and finished is not None:
        return finished
    target, before = _target(settings, release_id, steps), current_id(settings)
    if target == before:
        if read_hold(settings) is not None:
            return target
        raise RollbackError(f"readers see {target} already; kept are {_kept(settings)}")
    # the hold comes first: a kill in between must not let the next run publish over it
    set_hold(settings, Hold(f"rolled back from {before} to {target}", target))
    finish_rollback(site)
    return target


def resume(settings: Settings) -> bool:
    """End the hold; tell whether there was one. The next release is built from the newest data."""
    with locked(settings, "tidemark rollback --resume"):
        return lift_hold(settings)


def _target(settings: Settings, release_id: str | None, steps: int) -> str:
    kept, current = kept_ids(settings), current_id(settings)
    if release_id is not None:
        if release_id not in kept:
            known = _kept(settings)
            raise RollbackError(f"there is no kept release {release_id}; kept are {known}")
        return release_id
    if current is None:
        raise RollbackError("nothing is published yet, so there is nothing to go back from")
    older = [name for name in kept if name < current]
    if not 1 <= steps <= len(older):
        known = _kept(settings)
        raise RollbackError(f"{len(older)} releases are kept before {current}; kept are {known}")
    return older[-steps]


def _kept(settings: Settings) -> str:
    return ", ".join(kept_ids(settings)) or "none"
