import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warehouse_site import land_day, make_site
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


TIDEMARK = "from tidemark.cli.main import main; main()"


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


def test_a_command_waits_for_the_holder_and_takes_over_when_it_dies(tmp_path):
    process = hold_in_another_process(tmp_path)
    waiting = subprocess.Popen(
        [sys.executable, "-c", TIDEMARK, "release"],
        env={**os.environ, "TIDEMARK_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert waiting.stdout is not None
    told = next(line for line in waiting.stdout if "waiting for" in line)

    process.kill()
    process.wait()
    rest = waiting.communicate(timeout=60)[0]

    assert f"`tidemark build` (pid {process.pid}" in told
    assert waiting.returncode == 0
    assert "nothing to build" in rest


RELEASE = """
import sys
from pathlib import Path
from tests.integration.test_release import PASSED, transform
from tests.warehouse_site import make_site
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.lock import locked
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
site, _ = make_site(Path(sys.argv[1]))
sys.stdin.readline()
with locked(site.settings, "tidemark release"):
    plan = make_plan(site)
    if plan is None:
        print("nothing")
    else:
        build_candidate(site, plan.plan_id, transform=transform)
        audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
        print(publish_candidate(site, plan.plan_id))
"""


def test_of_two_releases_at_once_one_publishes_and_the_other_finds_nothing(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", RELEASE, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = sorted(process.communicate(timeout=120)[0].strip() for process in both)

    assert answers == ["nothing", "r000001-20260415"]
    assert [e["release_id"] for e in site.lake.ledger("releases")] == ["r000001-20260415"]
