"""A tidemark command in a process of its own that dies at a chosen moment.

The processes are forked from a server that has imported everything once. A moment is a change of a
file, a call over the network, or the beginning or end of a method of the lake, so that the process
ends between any two of its effects. It may also die after a share of the time that the command
takes undisturbed, inside pyarrow, dbt or DuckDB.
"""

import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

CHANGES = frozenset(
    {
        "os.chmod",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
        "shutil.copyfile",
        "shutil.rmtree",
        "socket.connect",
    }
)
TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PRELOADED = (
    "bench.fingerprint",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "expectations.library",
    "openpyxl",
    "tidemark.cli.main",
)


@dataclass(frozen=True)
class End:
    """How a command ended; code is None when it was killed."""

    code: int | None
    moments: int
    seconds: float
    log: Path


def start_server() -> None:
    """Import what the commands need once, in the process that all others are forked from."""
    multiprocessing.set_start_method("forkserver", force=True)
    multiprocessing.set_forkserver_preload(list(PRELOADED))


def run_command(
    arguments: tuple[str, ...],
    environ: Mapping[str, str],
    log: Path,
    *,
    dies_at: int | None = None,
    dies_after: float | None = None,
) -> End:
    """Run one command to its end, or kill it (SIGKILL) at a moment or after some seconds."""
    started = time.monotonic()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(
        target=_command, args=(arguments, dict(environ), log, dies_at, theirs)
    )
    process.start()
    theirs.close()
    process.join(dies_after)
    if process.is_alive():
        process.kill()  # commands have no children of their own
    process.join()
    seconds = time.monotonic() - started
    with contextlib.suppress(EOFError):
        code, moments = ours.recv()
        return End(code, moments, seconds, log)
    return End(None, 0, seconds, log)


def answer_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a forked process, so that nothing of it stays open here."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_answer, args=(function, arguments, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...], there: Connection) -> None:
    there.send(function(*arguments))


def _command(
    arguments: tuple[str, ...],
    environ: dict[str, str],
    log: Path,
    dies_at: int | None,
    there: Connection,
) -> None:
    os.environ.update(environ)
    with log.open("ab") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    from tidemark.cli.main import main

    sys.argv = ["tidemark", *arguments]
    moments = _Moments(dies_at)
    moments.watch()
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    there.send((code, moments.count))


class _Moments:
    """Counts effects, and ends the process at one of them."""

    def __init__(self, dies_at: int | None) -> None:
        self.count = 0
        self._dies_at = dies_at

    def watch(self) -> None:
        """Begin to count: what Python does to files, and the lake, whose files pyarrow writes."""
        from extractors.core.lake import Lake

        for name in ("append", "commit", "delete", "open_part", "write_bytes", "write_verdict"):
            setattr(Lake, name, self._around(getattr(Lake, name)))
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & TO_WRITE
        ):
            self._tick()

    def _around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def watched(*arguments: Any, **named: Any) -> Any:
            self._tick()
            answer = method(*arguments, **named)
            self._tick()
            return answer

        return watched

    def _tick(self) -> None:
        self.count += 1
        if self.count == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
