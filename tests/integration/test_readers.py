"""Fifty readers while twenty releases follow each other: no error, no mixture, never backwards."""

import json
import subprocess
import sys
import threading
import time
from datetime import date, timedelta

import duckdb
import pytest

from tests.release_readers import start_readers, summary
from tests.warehouse_site import land_day, make_site
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import drop_old, kept_ids, link_path, release_path
from warehouse.transform import run_dbt

RELEASES = 20
IN_PROCESS, PROCESSES, IN_EACH = 20, 3, 10


class Passed:
    passed, critical, summary = True, (), "passed"


def release(site):
    plan = make_plan(site)
    build_candidate(site, plan.plan_id, transform=run_dbt)
    audit_candidate(site, plan.plan_id, check=lambda *_: Passed)
    return publish_candidate(site, plan.plan_id)


@pytest.mark.slow
def test_fifty_readers_of_twenty_releases_never_see_an_error_or_a_mixture(tmp_path):
    first = date(2026, 4, 1)
    site, clock = make_site(tmp_path, "2026-04-02")
    land_day(site, str(first), 1)
    published = [release(site)]
    link, stop_file, stop = link_path(site.settings), tmp_path / "stop", threading.Event()
    command = [sys.executable, "-m", "tests.release_readers", str(link), str(stop_file)]
    others = [
        subprocess.Popen([*command, str(IN_EACH)], stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    assert [other.stdout.readline() for other in others] == ["reading\n"] * PROCESSES
    threads, seen = start_readers(link, stop.is_set, IN_PROCESS)

    for n in range(1, RELEASES):
        clock.set(str(first + timedelta(n + 1)))
        land_day(site, str(first + timedelta(n)), n + 1)
        published.append(release(site))
    time.sleep(3)
    stop_file.touch()
    stop.set()
    for thread in threads:
        thread.join(60)
    found = [summary(seen), *(json.loads(other.communicate(timeout=60)[0]) for other in others)]

    assert len(published) == RELEASES
    assert [each["problems"] for each in found] == [[]] * (PROCESSES + 1)
    assert all(set(each["releases"]) <= set(published) for each in found)
    assert all(published[-1] in each["releases"] for each in found)
    assert all(len(each["releases"]) >= RELEASES // 2 for each in found)
    assert not list(site.settings.published_dir.rglob("*.wal"))
    questions = sum(each["questions"] for each in found)
    print(f"{questions} questions, {sum(each['pairs'] for each in found)} reader-releases")


def test_a_release_that_is_dropped_stays_readable_for_who_holds_it(tmp_path):
    site, clock = make_site(tmp_path, "2026-04-02")
    land_day(site, "2026-04-01", 1)
    oldest = release(site)
    held = duckdb.connect(str(link_path(site.settings)), read_only=True)
    for n in (2, 3):
        clock.set(f"2026-04-0{n + 1}")
        land_day(site, f"2026-04-0{n}", n)
        release(site)

    dropped = drop_old(site.settings, kept=1)

    assert oldest in dropped
    assert not release_path(site.settings, oldest).exists()
    assert len(kept_ids(site.settings)) == 1
    assert held.execute("select max(release_id) from ops.release").fetchall() == [(oldest,)]
    held.close()
