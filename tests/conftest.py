"""What several tests need: a sandbox on a free port with a clock of its own."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from sandbox.clock import clock
from sandbox.server import make_app
from sandbox.world import World, connections, load_world
from tidemark.settings import PROJECT_ROOT, Settings, load_settings

# machines are shared: how long an example takes there says nothing of the code
hypothesis_settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("shared machine")

SHARED = PROJECT_ROOT.parent / "shared"
START = "2026-04-16T10:45:00+08:00"
#: files of minutes, which begin first: what is left at the end is then short
LONGEST = ("test_spark", "test_superset", "test_kills", "test_changed_dates")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; all others keep their order."""
    items.sort(key=lambda item: (*LONGEST, item.path.stem).index(item.path.stem))


@dataclass
class Sandbox:
    """A running sandbox, and the environment of a pipeline that reads from it."""

    base_url: str
    clock_file: Path
    world: World
    environ: dict[str, str] = field(default_factory=dict)

    def set_clock(self, moment: str) -> None:
        """Move the virtual clock to an ISO moment with zone."""
        self.clock_file.write_text(datetime.fromisoformat(moment).isoformat())

    def fault(self, match: str, kind: str, times: int | None = 1, value: Any = None) -> None:
        """Order a fault for the next calls below a path."""
        rule = {"match": match, "kind": kind, "times": times, "value": value}
        requests.post(f"{self.base_url}/_sandbox/faults", json=rule, timeout=5).raise_for_status()

    def limit(self, **figures: Any) -> None:
        """Set how much a caller may ask: calls_per_second, calls_per_day, …"""
        url = f"{self.base_url}/_sandbox/limits"
        requests.post(url, json=figures, timeout=5).raise_for_status()

    def clear_faults(self) -> None:
        """Take every fault out of force."""
        requests.delete(f"{self.base_url}/_sandbox/faults", timeout=5).raise_for_status()

    def messages(self) -> list[dict[str, Any]]:
        """Return what the Feishu bots received."""
        answer = requests.get(f"{self.base_url}/_sandbox/messages", timeout=5)
        found: list[dict[str, Any]] = answer.json()
        return found

    def calls(self) -> list[dict[str, Any]]:
        """Return the platform calls so far."""
        answer = requests.get(f"{self.base_url}/_sandbox/calls", timeout=5)
        found: list[dict[str, Any]] = answer.json()
        return found

    @property
    def settings(self) -> Settings:
        """The settings of the pipeline beside it."""
        return load_settings(self.environ)


def start_sandbox(world: World, folder: Path) -> tuple[Sandbox, uvicorn.Server]:
    """Serve a world from a thread; the caller sets should_exit on the server."""
    clock_file = folder / "clock"
    clock_file.write_text(START)
    app, _state = make_app(world, clock(clock_file))
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False)
    )
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    environ = {
        **connections(base_url, world),
        "TIDEMARK_HOME": str(folder / "data"),
        "TIDEMARK_CLOCK_FILE": str(clock_file),
        "TIDEMARK_HASH_SECRET": "test-secret",
    }
    return Sandbox(base_url, clock_file, world, environ), server


@pytest.fixture(scope="session")
def launch_world() -> World:
    """The launch campaign as data."""
    return load_world("launch")


@pytest.fixture
def sandbox(
    launch_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """A sandbox of the launch world; its connections stand in the environment."""
    running, server = start_sandbox(launch_world, tmp_path)
    for name, value in running.environ.items():
        monkeypatch.setenv(name, value)
    yield running
    server.should_exit = True


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real third-party data; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("TIDEMARK_SHARED") or SHARED / "data")
    if not folder.exists():
        pytest.skip(f"{folder} with real data is not here")
    return folder
