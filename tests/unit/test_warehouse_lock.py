import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warehouse_site import make_site
from warehouse.errors import LockError
from warehouse.lock import holder, locked

HOLD = """
import sys, time
from pathlib import Path
from tests.warehouse_site import make_site
from warehouse.lock import locked
site, _ = make_site(Path(sys.argv[1]))
with locked(site.settings, "tidemark build"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold_in_another_process(home: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "held"
    return process


def test_who_waits_is_told_the_holder_and_gives_up_in_time(tmp_path):
    settings = make_site(tmp_path)[0].settings
    process = hold_in_another_process(tmp_path)
    told: list[str] = []

    with (
        pytest.raises(LockError, match="tidemark build"),
        locked(settings, "tidemark plan", wait_seconds=0.3, tell=told.append),
    ):
        pass
    held_by = holder(settings)
    process.kill()
    process.wait()

    assert len(told) == 1
    assert f"pid {process.pid}" in told[0]
    assert held_by is not None and f"pid {process.pid}" in held_by


def test_a_killed_holder_frees_the_lock(tmp_path):
    settings = make_site(tmp_path)[0].settings
    process = hold_in_another_process(tmp_path)

    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    started = time.monotonic()
    with locked(settings, "tidemark plan"):
        waited = time.monotonic() - started

    assert waited < 1.0
    assert holder(settings) is None


def test_a_free_lock_has_no_holder(tmp_path):
    settings = make_site(tmp_path)[0].settings

    assert holder(settings) is None
    with locked(settings, "tidemark plan"):
        pass
    assert holder(settings) is None
