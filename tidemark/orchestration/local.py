"""Airflow and the sandbox as child processes of one command, started and stopped together."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tidemark.errors import TidemarkError
from tidemark.settings import PROJECT_ROOT

STOP_SECONDS = 15.0


class StartError(TidemarkError):
    """A service did not come up."""


@dataclass
class Service:
    """A child process that leads its own process group, with its log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise when the process has ended, showing the end of its log."""
        if self.process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise StartError(
                f"{self.name} ended with code {self.process.returncode}; the end of {self.log}:\n"
                f"{tail}"
            )

    def stop(self) -> None:
        """End the whole process group: first politely, then surely."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            if _group_is_gone(self.process, STOP_SECONDS):
                return


@dataclass
class Services:
    """Everything one command started, in the order of starting."""

    started: list[Service] = field(default_factory=list)

    def start(
        self, name: str, command: list[str], environ: Mapping[str, str], log: Path
    ) -> Service:
        """Start a process group whose output goes to a log file."""
        log.parent.mkdir(parents=True, exist_ok=True)
        sink: IO[bytes]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                env=dict(environ),
                cwd=PROJECT_ROOT,
                stdout=sink,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        service = Service(name, process, log)
        self.started.append(service)
        return service

    def stop(self) -> None:
        """Stop all, the last started first."""
        while self.started:
            self.started.pop().stop()


@contextlib.contextmanager
def running_services() -> Iterator[Services]:
    """Yield a set of services that is stopped whatever happens, SIGTERM and Ctrl-C included."""
    services = Services()
    # a shell's background job ignores Ctrl-C unless told otherwise
    before = {s: signal.signal(s, _raise_interrupt) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield services
    finally:
        for sign in before:
            signal.signal(sign, signal.SIG_IGN)  # nothing interrupts the stopping
        services.stop()
        for sign, handler in before.items():
            signal.signal(sign, handler)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def airflow_environ(base: Mapping[str, str], home: Path, port: int) -> dict[str, str]:
    """Return the environment of a small local Airflow: SQLite, LocalExecutor, loopback only."""
    airflow_home = home / "airflow"
    bin_dir = Path(sys.executable).parent
    return {
        **base,
        "PATH": f"{bin_dir}{os.pathsep}{base.get('PATH', '')}",
        "TIDEMARK_HOME": str(home),
        "TIDEMARK_BOARD_URL": f"http://127.0.0.1:{port}/tidemark/board",
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow_home}/airflow.db",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "2",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def request_json(
    url: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 15.0,
    method: str | None = None,
) -> object:
    """GET (or POST a body to) a local service and return its JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout) as answer:
        return json.loads(answer.read() or b"null")


def wait_until_up(service: Service, url: str, seconds: float) -> None:
    """Return when the address answers; raise when the process ends or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        service.check()
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
            request_json(url, timeout=2.0)
            return
        time.sleep(0.25)
    raise StartError(f"{service.name} did not answer within {seconds:.0f} s; see {service.log}")


def _group_is_gone(process: subprocess.Popen[bytes], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        process.poll()
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def _raise_interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
