"""The machine: a home to write to, room on its disk, and the port of Airflow's API server."""

import os
import socket
import tempfile
from collections.abc import Iterator

from tidemark.errors import TidemarkError
from tidemark.orchestration.checkup.findings import Finding, ok, problem, warning
from tidemark.orchestration.checkup.processes import PROC, command, openers
from tidemark.settings import Settings

LISTENING = "0A"


def check_home(settings: Settings) -> Iterator[Finding]:
    """Look whether a file can be written below the home folder."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):
            yield ok("home", str(settings.home))
    except OSError as error:
        remedy = "give this user the folder (chown), or set TIDEMARK_HOME to another"
        yield problem("home not writable", f"{settings.home}: {error.strerror}", remedy)


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Look whether a release would begin, and the one after it."""
    from warehouse.room import MIB, free_bytes, needed_bytes

    try:
        free, needed = free_bytes(settings.home), needed_bytes(settings)
    except (TidemarkError, OSError):
        return  # before the first build the lake is measured, and it has a line of its own
    found = f"{free // MIB:,} MiB free, a release needs {needed // MIB:,} MiB"
    remedy = f"make room where {settings.home} is, or give it a larger disk"
    if free < needed:
        yield problem("disk nearly full", f"{found}: none is begun", remedy)
    elif free < 2 * needed:
        yield warning("disk nearly full", found, remedy)
    else:
        yield ok("disk", found)


def check_port(_settings: Settings) -> Iterator[Finding]:
    """Look who listens where Airflow's API server would."""
    port = int(os.environ.get("AIRFLOW__API__PORT") or "8080")
    with socket.socket() as probe:
        is_used = probe.connect_ex(("127.0.0.1", port)) == 0
    who = listener(port) if is_used else ""
    if not is_used:
        yield ok("port", f"{port} is free")
    elif "airflow" in who:
        yield ok("port", f"{port} is held by {who}")
    else:
        found = f"{port} is held by {who or 'a process that this user cannot see'}"
        yield warning("port in use", found, "end that process, or set AIRFLOW__API__PORT")


def listener(port: int) -> str:
    """Return the process that listens on a port, or nothing where that cannot be known."""
    holders = openers({f"socket:[{inode}]" for inode in _inodes(port)})
    return command(holders[0]) if holders else ""


def _inodes(port: int) -> Iterator[str]:
    for table in (PROC / "net" / "tcp", PROC / "net" / "tcp6"):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for words in (line.split() for line in lines):
            if words[3] == LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                yield words[9]
