"""Back to a kept release, the hold, the way forward, and what a kill on the way leaves."""

import json
import os
import shutil
from datetime import date

import pytest

from bench.mortal import run_command, start_server
from tests.integration.test_release import PASSED, SUM, read, release
from tests.warehouse_site import land_day, make_site, transform
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.errors import PlanError, RollbackError
from warehouse.hold import read_hold
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import current_id, drop_old, kept_ids
from warehouse.rollback import resume, roll_back
from warehouse.status import read_status

FIRST, SECOND, THIRD = "r000001-20260415", "r000002-20260416", "r000003-20260417"
#: what follows as Parquet is killed in test_parquet_release.py
FILE_ONLY = {"TIDEMARK_PARQUET": "off"}
SUMS = {FIRST: 8, SECOND: 18, THIRD: 30}


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Return the folder of an installation that published three releases."""
    home = tmp_path_factory.mktemp("lived")
    site, clock = make_site(home)
    for number in (4, 5, 6):
        land_day(site, str(date(2026, 4, 11 + number)), number)
        clock.set(str(date(2026, 4, 12 + number)))
        release(site)
    assert kept_ids(site.settings) == [FIRST, SECOND, THIRD]
    return home


@pytest.fixture
def home(lived, tmp_path):
    return shutil.copytree(lived, tmp_path / "home", symlinks=True)


@pytest.fixture
def site(home):
    return make_site(home, "2026-04-18")[0]


def ledgers(home):
    """Return every ledger file of the lake with its bytes."""
    return {path: path.read_bytes() for path in sorted((home / "lake" / "_ledger").rglob("*.json"))}


def seen(site):
    """Return what readers and operators see: the release, its figures, the hold, the status."""
    hold, status = read_hold(site.settings), read_status(site.settings)
    sums = read(site, SUM)[0][0]
    return current_id(site.settings), sums, hold, status["release_id"], status["reason"]


def test_a_rollback_holds_until_resumed_and_ids_move_forward(site):
    target = roll_back(site)
    rolled_back = read(site, SUM)
    held = make_plan(site)
    is_lifted = resume(site.settings)
    fourth = release(site)

    assert (target, rolled_back, held) == (SECOND, [(18,)], None)
    assert is_lifted
    assert fourth == "r000004-20260417"
    assert read(site, SUM) == [(30,)]


def test_the_hold_is_named_where_people_look_with_the_way_out(site):
    roll_back(site)
    rolled_back = read_status(site.settings)
    make_plan(site)
    held = read_status(site.settings)

    reason = f"rolled back from {THIRD} to {SECOND}"
    assert (rolled_back["outcome"], rolled_back["reason"]) == ("rolled_back", reason)
    assert held["outcome"] == "held"
    assert held["reason"] == f"{reason}; tidemark rollback --resume ends it"
    assert rolled_back["release_id"] == held["release_id"] == SECOND


def test_a_candidate_of_before_is_not_published_over_a_hold(site):
    land_day(site, "2026-04-17", 7)
    plan = make_plan(site)
    build_candidate(site, plan.plan_id, transform=transform)
    audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
    roll_back(site)

    with pytest.raises(PlanError, match="rollback --resume"):
        publish_candidate(site, plan.plan_id)
    assert seen(site)[:2] == (SECOND, 18)


@pytest.mark.parametrize("target", [FIRST, SECOND])
def test_any_kept_release_can_be_gone_back_to_by_its_id(site, target):
    assert roll_back(site, target) == target
    assert seen(site)[:2] == (target, SUMS[target])


def test_a_rollback_of_a_rollback_goes_further_back_and_forward_again(site):
    roll_back(site)
    back = roll_back(site)
    further = seen(site)
    forward = roll_back(site, THIRD)

    assert (back, forward) == (FIRST, THIRD)
    assert further[:2] == (FIRST, 8)
    reason = f"rolled back from {FIRST} to {THIRD}"
    assert seen(site)[:2] == (THIRD, 30)
    assert read_status(site.settings)["reason"] == reason
    assert make_plan(site) is None


def test_ledgers_are_not_touched_by_going_back_and_forward(site, home):
    before = ledgers(home)
    assert len(before) >= 6

    roll_back(site)
    roll_back(site)
    roll_back(site, THIRD)
    resume(site.settings)

    assert ledgers(home) == before


def test_the_way_forward_says_nothing_again_that_was_said(site):
    said = site.lake.ledger("said")
    assert said

    roll_back(site, FIRST)
    resume(site.settings)
    release(site)

    goals = [(e["release_id"], json.dumps(e, sort_keys=True)) for e in site.lake.ledger("said")]
    assert len(goals) == len(set(goals)) >= len(said)
    assert site.lake.ledger("said")[: len(said)] == said


def test_a_release_that_was_dropped_cannot_be_gone_back_to(site):
    assert drop_old(site.settings, 2) == [FIRST]
    before = seen(site)

    with pytest.raises(RollbackError, match=f"no kept release {FIRST}; kept are {SECOND}, {THIRD}"):
        roll_back(site, FIRST)
    with pytest.raises(RollbackError, match="1 releases are kept before"):
        roll_back(site, steps=2)
    assert seen(site) == before


def test_going_back_to_what_readers_see_is_refused_and_holds_nothing(site):
    with pytest.raises(RollbackError, match=f"readers see {THIRD} already"):
        roll_back(site, THIRD)

    assert read_hold(site.settings) is None


def test_going_back_twice_to_the_same_release_changes_nothing(site):
    roll_back(site, FIRST)
    before = seen(site)

    assert roll_back(site, FIRST) == FIRST
    assert seen(site) == before


def test_nothing_published_is_nothing_to_go_back_from(tmp_path):
    with pytest.raises(RollbackError, match="nothing is published yet"):
        roll_back(make_site(tmp_path)[0])


def moments(home, log):
    """Return how many moments a calm rollback of a copy has."""
    start_server()
    end = run_command(("rollback",), {**os.environ, **FILE_ONLY, "TIDEMARK_HOME": str(home)}, log)
    assert end.code == 0, log.read_text()
    return end.moments


@pytest.mark.parametrize("then", ["rollback", "plan"])
def test_a_rollback_killed_at_any_moment_is_ended_by_the_next(lived, tmp_path, then):
    log = tmp_path / "log"
    calm = shutil.copytree(lived, tmp_path / "calm", symlinks=True)
    count = moments(calm, log)
    expected = seen(make_site(calm, "2026-04-18")[0])
    assert expected[:2] == (SECOND, 18)
    assert count >= 8
    held = 0

    for moment in range(1, count + 1):
        home = shutil.copytree(lived, tmp_path / f"at{moment}", symlinks=True)
        site = make_site(home, "2026-04-18")[0]
        environ = {**os.environ, **FILE_ONLY, "TIDEMARK_HOME": str(home)}
        killed = run_command(("rollback",), environ, log, dies_at=moment)
        between = (current_id(site.settings), read(site, SUM)[0][0])
        is_held = read_hold(site.settings) is not None
        held += is_held
        is_done = seen(site) == expected
        if then == "plan":
            make_plan(site)
        elif not is_done:
            run_command(("rollback",), environ, log)

        assert killed.code is None
        assert between in SUMS.items()
        if then == "rollback":
            assert seen(site) == expected
        elif is_held:
            assert seen(site)[:4] == expected[:4]
            assert expected[4] in seen(site)[4]
        else:
            assert current_id(site.settings) == THIRD
    assert 0 < held < count
