"""One writer per data root: an OS lock, with the holder's name in the file."""

import fcntl
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidemark.clock import system_clock
from tidemark.settings import Settings
from warehouse.errors import LockError

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2


@contextmanager
def locked(
    settings: Settings,
    command: str,
    *,
    wait_seconds: float = 1800.0,
    tell: Callable[[str], None] = logger.warning,
) -> Iterator[None]:
    """Hold the data root; tell once who is waited for, and give up after wait_seconds.

    The kernel frees the lock when its holder dies, however that happens.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_path(settings), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(settings, descriptor, wait_seconds, tell)
        _sign(descriptor, command)
        try:
            yield
        finally:
            # a signature on a free lock tells that its holder was killed
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(settings: Settings) -> str | None:
    """Return who holds the lock, or None when it is free."""
    try:
        descriptor = os.open(lock_path(settings), os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        # a shared lock is refused exactly while somebody holds the exclusive one
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _describe(os.pread(descriptor, 4096, 0))
    finally:
        os.close(descriptor)
    return None


def signature(settings: Settings) -> dict[str, Any]:
    """Return who signed the lock last and did not come to his end, or nothing."""
    try:
        body: dict[str, Any] = json.loads(lock_path(settings).read_text())
    except (OSError, ValueError):
        return {}
    return body


def _acquire(
    settings: Settings, descriptor: int, wait_seconds: float, tell: Callable[[str], None]
) -> None:
    until = time.monotonic() + wait_seconds
    is_told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            held_by = _describe(os.pread(descriptor, 4096, 0))
        if time.monotonic() >= until:
            raise LockError(
                f"{settings.home} is held by {held_by}; wait for it, or end that process "
                "if it hangs (its lock is freed with it)"
            )
        if not is_told:
            tell(f"waiting for {held_by}")
            is_told = True
        time.sleep(POLL_SECONDS)


def _sign(descriptor: int, command: str) -> None:
    # wall time on purpose: a person compares it with a watch, also while the virtual clock stands
    signature = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": command,
        "since": system_clock().isoformat(timespec="seconds"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(signature).encode(), 0)


def _describe(content: bytes) -> str:
    try:
        body = json.loads(content)
    except ValueError:
        return "a process that has just started"
    return f"`{body['command']}` (pid {body['pid']} on {body['host']}, since {body['since']})"


def lock_path(settings: Settings) -> Path:
    """Return the file that is locked."""
    return settings.home / ".lock"
