import json
import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import duckdb
import pytest

from tests.warehouse_site import land, land_day, make_site, plays, transform
from warehouse.audit import audit_candidate
from warehouse.base import read_base
from warehouse.build import build_candidate
from warehouse.errors import BuildError, GateError, PlanError
from warehouse.plan import make_plan
from warehouse.plans import open_plans
from warehouse.publish import publish_candidate
from warehouse.releases import current_id, drop_old, kept_ids, link_path, release_path
from warehouse.status import read_status
from warehouse.transform import run_dbt

PASSED = SimpleNamespace(passed=True, critical=(), summary="3 checks passed")


def release(site, *, notice=lambda _: None, transform=transform):
    """Take a due release through all its steps; return its id."""
    plan = make_plan(site)
    assert plan is not None, read_status(site.settings)["reason"]
    build_candidate(site, plan.plan_id, transform=transform)
    audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
    return publish_candidate(site, plan.plan_id, notice=notice)


def read(site, query):
    """Answer a query from what readers see."""
    with duckdb.connect(str(link_path(site.settings)), read_only=True) as database:
        return database.execute(query).fetchall()


SUM = "select cast(sum(plays) as bigint) from marts.fct_play_day"


def test_a_release_holds_its_tables_its_own_row_and_its_descriptions(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-14", 3)
    land_day(site, "2026-04-15", 4)

    release_id = release(site, transform=run_dbt)
    status = read_status(site.settings)

    assert release_id == "r000001-20260415"
    assert link_path(site.settings).readlink().as_posix() == f"releases/{release_id}.duckdb"
    assert read(site, SUM) == [(14,)]
    assert read(site, "select release_id, gate_summary from ops.release") == [
        (release_id, "3 checks passed")
    ]
    assert read(site, "select release_id, actual from kpi.goal_status") == [(release_id, 14.0)]
    assert read(site, "select comment from duckdb_columns() where comment is not null") == [
        ("Plays of the day; it's an increment.",)
    ]
    assert (status["outcome"], status["release_id"], status["as_of_date"]) == (
        "published",
        release_id,
        "2026-04-15",
    )
    assert open_plans(site.settings) == []
    assert [e["release_id"] for e in site.lake.ledger("releases")] == [release_id]
    assert not list(site.settings.home.rglob("*.wal"))
    assert not (tmp_path / "tiny_project" / "target").exists()


def test_a_reader_keeps_its_release_and_a_new_connection_gets_the_new_one(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15", 4)
    release(site)
    held = duckdb.connect(str(link_path(site.settings)), read_only=True)
    clock.set("2026-04-17")
    land_day(site, "2026-04-16", 5)

    release(site)
    old = held.execute(SUM).fetchall()
    new = read(site, SUM)
    held.close()

    assert (old, new) == ([(8,)], [(18,)])
    assert kept_ids(site.settings) == ["r000001-20260415", "r000002-20260416"]


def test_verdicts_are_said_once_and_a_correction_adds_a_revision(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15", 4)
    release(site)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 40))
    release(site)

    said = [
        (entry["release_id"], [(row["actual"], row["revision"]) for row in entry["rows"]])
        for entry in site.lake.ledger("said")
    ]

    assert said == [
        ("r000001-20260415", [(8.0, 1)]),
        ("r000002-20260415", [(44.0, 2)]),
    ]


def test_a_failed_model_is_named_and_nothing_changes_for_readers(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15", 4)
    release(site)
    clock.set("2026-04-17")
    nothing = {"date": date(2026, 4, 16), "plays": None}
    land(site, "alpha/days", "alpha_acme", {"2026-04-16": [nothing]})
    land(site, "beta/days", "beta_acme", plays("2026-04-16", 1))
    plan = make_plan(site)

    with pytest.raises(BuildError, match="not_null_fct_play_day_plays"):
        build_candidate(site, plan.plan_id)

    assert read_status(site.settings)["outcome"] == "build_failed"
    assert read_status(site.settings)["release_id"] == "r000001-20260415"
    assert read(site, SUM) == [(8,)]


def test_files_that_went_after_the_plan_are_one_clear_error(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    plan = make_plan(site)
    for path in site.lake.list_files("raw"):
        site.lake.delete(path)

    with pytest.raises(BuildError, match="run tidemark release again"):
        build_candidate(site, plan.plan_id, transform=transform)

    assert read_status(site.settings)["outcome"] == "build_failed"


def test_a_failed_audit_drops_the_candidate_and_says_why(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15", 4)
    release(site)
    clock.set("2026-04-17")
    land_day(site, "2026-04-16", 5)
    plan = make_plan(site)
    build_candidate(site, plan.plan_id, transform=transform)
    failed = SimpleNamespace(passed=False, critical=("marts/fct_play_day volume",))

    with pytest.raises(GateError, match="volume"):
        audit_candidate(site, plan.plan_id, check=lambda *_: failed)

    status = read_status(site.settings)
    assert status["outcome"] == "gate_failed"
    assert status["failures"] == ["marts/fct_play_day volume"]
    assert status["release_id"] == "r000001-20260415"
    assert open_plans(site.settings) == []
    assert read(site, SUM) == [(8,)]


def test_nothing_is_published_without_an_audit(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    plan = make_plan(site)
    build_candidate(site, plan.plan_id, transform=transform)

    with pytest.raises(PlanError, match="audit"):
        publish_candidate(site, plan.plan_id)


def test_publishing_twice_changes_nothing(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    release_id = release(site)

    again = publish_candidate(site, release_id)

    assert again == release_id
    assert len(site.lake.ledger("releases")) == 1


KILLED = """
import os, sys
from pathlib import Path
from tests.integration.test_release import release
from tests.warehouse_site import make_site
site, clock = make_site(Path(sys.argv[1]), "2026-04-17")
def notice(where):
    if where == sys.argv[2]:
        os._exit(9)
release(site, notice=notice)
"""


@pytest.mark.parametrize(
    ("where", "is_finished"),
    [
        ("before the file", False),
        ("after the file", True),
        ("after the ledgers", True),
        ("after the base", True),
        ("after the link", True),
    ],
)
def test_a_run_killed_while_publishing_is_completed_by_the_next(tmp_path, where, is_finished):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15", 4)
    release(site)
    clock.set("2026-04-17")
    land_day(site, "2026-04-16", 5)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), where], check=False)
    (site.settings.published_dir / "releases" / "x.duckdb.tmp").touch()
    (site.settings.published_dir / "tidemark.duckdb.wal").touch()

    if is_finished:
        assert make_plan(site) is None
    else:
        release(site)

    assert killed.returncode == 9
    assert current_id(site.settings) == "r000002-20260416"
    assert read(site, SUM) == [(18,)]
    assert [e["release_id"] for e in site.lake.ledger("releases")] == [
        "r000001-20260415",
        "r000002-20260416",
    ]
    assert len(site.lake.ledger("said")) == 2
    assert str(read_base(site.settings).as_of_date) == "2026-04-16"
    assert open_plans(site.settings) == []
    assert not list(site.settings.home.rglob("*.wal")) + list(site.settings.home.rglob("*.tmp"))


def test_publishing_again_after_a_kill_without_naming_the_plan_is_no_error(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15", 4)
    release(site)
    clock.set("2026-04-17")
    land_day(site, "2026-04-16", 5)
    killed = [sys.executable, "-c", KILLED, str(tmp_path), "after the file"]
    assert subprocess.run(killed, check=False).returncode == 9

    assert publish_candidate(site) == "r000002-20260416"
    assert current_id(site.settings) == "r000002-20260416"


def test_old_files_go_but_never_the_one_that_readers_see(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    release(site)
    for number in range(2, 6):
        release_path(site.settings, f"r00000{number}-20260415").touch()

    dropped = drop_old(site.settings, 2)

    assert dropped == ["r000002-20260415", "r000003-20260415"]
    assert kept_ids(site.settings)[0] == current_id(site.settings)


def test_the_second_build_starts_from_the_first_and_names_the_changed_days(tmp_path):
    site, clock = make_site(tmp_path)
    for day in ("2026-04-13", "2026-04-14", "2026-04-15"):
        land_day(site, day, 4)
    release(site)
    clock.set("2026-04-17")
    land_day(site, "2026-04-16", 5)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-14", 7))
    land(site, "beta/days", "beta_acme", plays("2026-04-13", 4))

    plan = make_plan(site)
    build_candidate(site, plan.plan_id, transform=transform)
    built = json.loads((site.settings.build_dir / plan.plan_id / "built.json").read_text())

    assert built["changed_dates"]["metric_day"] == ["2026-04-14", "2026-04-16"]
