"""A real api-server of Airflow with the board in it, and people who log in to it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidemark.orchestration.local import (
    airflow_environ,
    free_port,
    request_json,
    running_services,
    wait_until_up,
)

#: name to role; without one, people may log in and see nothing
ROLES = {"ops": "user", "guest": "viewer", "stranger": ""}
START_SECONDS = 180.0


@dataclass(frozen=True)
class Server:
    """Where the server listens, and the environment that it runs in."""

    address: str
    environ: Mapping[str, str]

    def token(self, name: str) -> str:
        """Return a token of somebody who has logged in."""
        body = {"username": name, "password": password(name)}
        answer = request_json(f"{self.address}/auth/token", body)
        assert isinstance(answer, dict)
        return str(answer["access_token"])

    @property
    def board(self) -> str:
        """The board's address."""
        return f"{self.address}/tidemark/board"


def password(name: str) -> str:
    """Return somebody's password."""
    return f"{name}-password"


@contextmanager
def airflow_with_board(folder: Path, environ: Mapping[str, str]) -> Iterator[Server]:
    """Yield an api-server on SQLite that asks for a login, for an installation's environment."""
    port = free_port()
    passwords = folder / "passwords.json"
    (folder / "airflow").mkdir(parents=True)
    passwords.write_text(json.dumps({name: password(name) for name in ROLES}))
    users = ",".join(f"{name}:{role}" for name, role in ROLES.items())
    whole = airflow_environ(os.environ, folder, port) | {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": users,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        **environ,
    }
    command = str(Path(sys.executable).parent / "airflow")
    done = subprocess.run([command, "db", "migrate"], env=whole, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    with running_services() as services:
        service = services.start("api-server", [command, "api-server"], whole, folder / "api.log")
        address = f"http://127.0.0.1:{port}"
        wait_until_up(service, f"{address}/api/v2/version", START_SECONDS)
        yield Server(address, whole)
