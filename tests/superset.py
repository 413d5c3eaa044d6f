"""A real Superset over a release in both databases, served by `make bi`, asked by its API."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests

from bi.superset.bundle import database_name, dataset_name
from bi.superset.declared import datasets
from tidemark.settings import PROJECT_ROOT

PASSWORD = "of-the-test"
SECONDS = 240
DUCKDB = "duckdb:///"


@dataclass(frozen=True)
class Answer:
    """What a chart asked and was told while its board was open."""

    title: str
    request: Mapping[str, Any]
    status: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Superset:
    """A running Superset, asked as its admin."""

    base: str
    process: subprocess.Popen[bytes]

    @cached_property
    def session(self) -> requests.Session:
        """Return a session that is logged in and sends the token against forged requests."""
        session = requests.Session()
        login = {"username": "admin", "password": PASSWORD, "provider": "db", "refresh": False}
        answer = session.post(f"{self.base}/api/v1/security/login", json=login, timeout=30)
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        token = session.get(f"{self.base}/api/v1/security/csrf_token/", timeout=30)
        session.headers["X-CSRFToken"] = token.json()["result"]
        return session

    def listed(self, what: str) -> list[dict[str, Any]]:
        """Return the databases, datasets, charts or dashboards, asked in pages of a hundred."""
        found: list[dict[str, Any]] = []
        while True:
            path = f"{self.base}/api/v1/{what}/?q=(page:{len(found) // 100},page_size:100)"
            page = self.session.get(path, timeout=30).json()
            found += page["result"]
            if len(found) >= page["count"]:
                return found

    def sql_lab(self, uri: str, sql: str) -> requests.Response:
        """Return what SQL Lab answers."""
        (database,) = (
            d for d in self.listed("database") if d["database_name"] == database_name(uri)
        )
        asked = {"database_id": database["id"], "sql": sql, "runAsync": False, "queryLimit": 1000}
        return self.session.post(f"{self.base}/api/v1/sqllab/execute/", json=asked, timeout=60)

    def ask(self, uri: str, request: Mapping[str, Any]) -> Answer:
        """Return what the chart of a captured request is told over a database."""
        moved = {**request, "datasource": {"type": "table", "id": self._dataset(uri, request)}}
        moved.pop("form_data", None)
        answer = self.session.post(f"{self.base}/api/v1/chart/data", json=moved, timeout=60)
        return told("", request, answer.status_code, answer.text)

    def _dataset(self, uri: str, request: Mapping[str, Any]) -> int:
        ids = {said["table_name"]: said["id"] for said in self._datasets}
        asked = {
            ids[dataset_name(name, DUCKDB)]: ids[dataset_name(name, uri)] for name in datasets()
        }
        return int(asked[request["datasource"]["id"]])

    @cached_property
    def _datasets(self) -> list[dict[str, Any]]:
        return self.listed("dataset")

    def open_files(self) -> list[str]:
        """Return the release files that its processes have open now."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(process.name)) == self.process.pid:
                    found += [str(fd.readlink()) for fd in (process / "fd").iterdir()]
            except OSError:
                continue
        assert found
        return [path for path in found if path.endswith(".duckdb")]


@contextmanager
def made_bi(home: Path, uris: Sequence[str]) -> Iterator[Superset]:
    """Run `make bi` for databases, and yield it at once; `wait_for` tells when it serves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["make", "bi", f"PORT={port}"]
    log = home / "make.log"
    with log.open("w") as output:
        running = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=environment(home, uris),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Superset(f"http://127.0.0.1:{port}", running)
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(timeout=30)


def environment(home: Path, uris: Sequence[str]) -> dict[str, str]:
    """Return the environment of a Superset that keeps everything in one folder."""
    said = {"TIDEMARK_BI_HOME": str(home), "BI_DATABASES": " ".join(uris)}
    said |= {"SUPERSET_ADMIN_PASSWORD": PASSWORD, "SUPERSET_LANGUAGE": "zh"}
    dropped = ("SUPERSET_", "FLASK_", "AIRFLOW_", "PYTHONPATH", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(dropped)}
    return {**kept, **said}


def wait_for(superset: Superset, home: Path) -> None:
    """Return when it serves; fail with what `make bi` printed when it does not."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and superset.process.poll() is None:
        try:
            if requests.get(f"{superset.base}/health", timeout=30).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    pytest.fail(f"make bi does not serve after {SECONDS} s:\n{(home / 'make.log').read_text()}")


def told(title: str, request: Mapping[str, Any], status: int, text: str) -> Answer:
    result = json.loads(text).get("result") if status == 200 else None
    rows = [row for one in result or () for row in one["data"]]
    return Answer(title, request, status if status != 200 or result else 500, rows)
