"""The release: its lock, what a killed run left, a hold, and how the last attempt ended."""

import os
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tidemark.clock import system_clock
from tidemark.errors import TidemarkError
from tidemark.orchestration.checkup.findings import Finding, ok, problem, warning
from tidemark.orchestration.checkup.processes import command, openers
from tidemark.settings import Settings
from warehouse.audit import AUDITED
from warehouse.build import BUILT
from warehouse.hold import read_hold
from warehouse.lock import holder, lock_path, signature
from warehouse.plans import open_plans, plan_dir
from warehouse.publishers import configured
from warehouse.releases import current_id, release_path
from warehouse.status import read_status

HELD_AT_MOST = timedelta(hours=2)  # a task of the release is ended after as long
FAILED = frozenset({"no_room", "gate_failed", "build_failed"})


def check_lock(settings: Settings) -> Iterator[Finding]:
    """Look who holds the data root, and whether whoever signed the lock is still alive."""
    held_by, signed = holder(settings), signature(settings)
    is_dead = bool(signed) and not _is_alive(signed)
    if held_by and is_dead:
        held_on = ", ".join(map(command, openers({str(lock_path(settings))}))) or "unknown"
        found = f"{held_by} is dead, and a child of it holds the lock on: {held_on}"
        yield problem("stale lock", found, "end that process; the lock is freed with it")
    elif held_by and _is_old(signed):
        remedy = "look at what it does; if it hangs, end it: the lock is freed with it"
        yield warning("lock held long", f"held by {held_by}", remedy)
    elif held_by:
        yield ok("lock", f"held by {held_by}")
    elif is_dead:
        found = (
            f"`{signed['command']}` (pid {signed['pid']} on {signed['host']}, since "
            f"{signed['since']}) was killed at its work; the lock is free"
        )
        yield warning("stale lock", found, "tidemark release finishes or sweeps what it left")
    else:
        yield ok("lock", "free")


def check_plans(settings: Settings) -> Iterator[Finding]:
    """Find plans that nobody works on."""
    left = [] if holder(settings) else open_plans(settings)
    for plan_id in left:
        folder = plan_dir(settings, plan_id)
        steps = {"planned": True, "built": (folder / BUILT).exists()}
        steps |= {"audited": (folder / AUDITED).exists()}
        steps |= {"published but not signed off": release_path(settings, plan_id).exists()}
        reached = [step for step, is_done in steps.items() if is_done][-1]
        since = datetime.fromtimestamp((folder / "plan.json").stat().st_mtime).astimezone()
        found = f"{plan_id} is {reached}, planned {since.isoformat(timespec='minutes')}"
        remedy = "if no DAG run is at it, tidemark release finishes it or drops it"
        yield warning("unfinished release", found, remedy)
    if not left:
        yield ok("plans", "no release is left half-way")


def check_last_attempt(settings: Settings) -> Iterator[Finding]:
    """Look at the hold, and at what status.json says of the last attempt."""
    if hold := read_hold(settings):
        yield warning(
            "release held", hold.reason, "tidemark rollback --resume, once data are right"
        )
    status = read_status(settings)
    outcome = status.get("outcome", "no release was attempted yet")
    if outcome in FAILED:
        found = f"{outcome} at {status['written_at']}: {status['reason']}"
        yield problem("release failed", found, "mend what it names, then tidemark release")
    else:
        yield ok("release", f"{outcome}; readers see {status.get('release_id') or 'nothing'}")


def check_publishers(settings: Settings) -> Iterator[Finding]:
    """Ask each place beside the release files which release its readers see."""
    wanted = current_id(settings)
    remedy = f"mend what it names, then tidemark publish {wanted}"
    for publisher in configured(settings) if wanted else ():
        try:
            seen = publisher.shown(settings)
        except (TidemarkError, OSError) as error:
            yield problem("publisher behind", f"{publisher.name}: {error}", remedy)
            continue
        if seen == wanted:
            yield ok("publisher", f"{publisher.name}: readers see {seen}")
        else:
            found = f"{publisher.name}: readers see {seen or 'nothing'}, the release is {wanted}"
            yield problem("publisher behind", found, remedy)


def _is_old(signed: dict[str, Any]) -> bool:
    # a holder that has just started has not signed yet
    if "since" not in signed:
        return False
    return system_clock() - datetime.fromisoformat(signed["since"]) > HELD_AT_MOST


def _is_alive(signed: dict[str, Any]) -> bool:
    """Tell whether a signer runs; of another machine's process nobody can tell."""
    if signed["host"] != socket.gethostname():
        return True
    try:
        os.kill(int(signed["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's, and alive
    return True
