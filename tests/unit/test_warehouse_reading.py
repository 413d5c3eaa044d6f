"""A plan reads only the days that its base has otherwise; a build then reads the same."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.core import known
from extractors.core.lake import SliceVerdict
from tests.unit.test_warehouse_plan import publish_by_hand
from tests.warehouse_site import land, land_day, make_site, plays
from warehouse.base import base_path
from warehouse.build import build_candidate
from warehouse.candidate import current_files, remember, start_candidate, write_inputs
from warehouse.errors import BuildError
from warehouse.plan import make_plan
from warehouse.plans import read_slices

FIRST = date(2026, 4, 10)
KEYS = {"alpha_acme": "alpha/days", "beta_acme": "beta/days"}
TABLES = (
    "lake.winning_slice",
    "lake.current_file",
    "lake.source_day",
    "lake.alpha__days",
    "lake.paper__notes",
)

accounts = st.sampled_from(sorted(KEYS))
#: the days after the first, some of them not over when the first plan is made
offsets = st.integers(1, 7)
STEPS = st.one_of(
    st.tuples(
        st.sampled_from(("land", "land refused", "fail", "judge", "accept")), accounts, offsets
    ),
    st.tuples(st.sampled_from(("delete", "note")), accounts, offsets),
    st.tuples(st.just("clock"), st.sampled_from(("10:45", "13:00")), st.integers(6, 8)),
    st.tuples(st.just("build"), accounts, offsets),
)


@pytest.fixture(autouse=True)
def marks_are_settled(monkeypatch):
    monkeypatch.setattr(known, "SETTLED_NS", 0)


def take(site, clock, step, what, day):
    """Do one step to a lake, or to the clock."""
    dt = FIRST + timedelta(days=day)
    if step == "clock":
        before = clock.moment
        clock.set(str(dt), what)
        clock.moment = max(before, clock.moment)
    elif step in ("land", "land refused"):
        land(site, KEYS[what], what, plays(str(dt), day), is_passed=step == "land")
    elif step == "fail":
        land(site, KEYS[what], what, {str(dt): "failed"})
    elif step == "note":
        land(site, "paper/notes", what, {str(dt): [{"note": f"n{day}"}]})
    else:
        change(site, step, what, dt)


def change(site, step, account, dt):
    """Change what is said of the newest batch of an account's day, if there is one."""
    of_day = [m for m in site.lake.manifests() if m.dt == dt and m.slices[0].account_key == account]
    if not of_day:
        return
    newest = of_day[-1]
    if step == "delete":
        site.lake.delete(newest.path)
    elif step == "accept":
        site.lake.accept(newest.key(newest.slices[0]), newest.batch_id, "seen", "2026-04-17")
    else:
        passed = not any(verdict.passed for verdict in site.lake.verdicts_of(newest.batch_id))
        verdict = SliceVerdict(account, dt, passed, () if passed else ("a_rule",))
        site.lake.write_verdict(newest.batch_id, [verdict])


def inputs(site, *, is_kept=False):
    """Return a plan and what a build reads by it; kept: the build becomes the next one's base."""
    plan = make_plan(site, force=True)
    if plan is None:
        return None, {}
    path = start_candidate(site, plan.plan_id, from_base=plan.base is not None)
    with duckdb.connect(str(path)) as database:
        write_inputs(site, database, plan)
        remember(site.settings, database, plan)
        tables = {name: database.execute(f"from {name} order by all").fetchall() for name in TABLES}
    if is_kept:
        shutil.copyfile(path, base_path(site.settings))
        publish_by_hand(site, plan)
    return plan, tables


def inputs_from_nothing(site):
    """Return the same without a base."""
    base, away = base_path(site.settings), site.settings.home / "away"
    if base.exists():
        base.rename(away)
    found = inputs(site)
    if away.exists():
        away.rename(base)
    return found


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=3, max_size=12))
def test_a_plan_on_a_base_tells_the_same_as_one_of_every_day(steps):
    with TemporaryDirectory() as folder:
        site, clock = make_site(Path(folder), "2026-04-16", "13:00")
        land_day(site, str(FIRST))
        inputs(site, is_kept=True)

        for step, *what in [*steps, ("build", "", 0)]:
            if step == "build":
                anew, expected = inputs_from_nothing(site)
                plan, found = inputs(site, is_kept=True)
                assert found == expected
                assert (plan and plan.input_hash) == (anew and anew.input_hash)
            else:
                take(site, clock, step, *what)


def built_site(folder):
    """Return a site with a base of two days."""
    site, clock = make_site(folder, "2026-04-16", "13:00")
    land_day(site, "2026-04-14")
    land_day(site, "2026-04-15")
    inputs(site, is_kept=True)
    return site, clock


def days_read(site):
    plan = make_plan(site, force=True)
    assert plan is not None and plan.days is not None
    return [day[5:] for day in plan.days]


def test_one_more_day_reads_that_day_and_the_one_written_last(tmp_path):
    site, clock = built_site(tmp_path)
    clock.set("2026-04-17", "13:00")
    land_day(site, "2026-04-16")

    plan = make_plan(site)

    assert plan.base == "r000001-20260415"
    assert plan.days == ("2026-04-15", "2026-04-16")
    assert set(read_slices(site.settings, plan.plan_id)["dt"].to_pylist()) == {
        date(2026, 4, 15),
        date(2026, 4, 16),
    }


def test_a_day_is_read_again_when_the_gate_says_something_else(tmp_path):
    site, _ = make_site(tmp_path, "2026-04-16", "13:00")
    for day in ("2026-04-13", "2026-04-14", "2026-04-15"):
        land_day(site, day)
    inputs(site, is_kept=True)
    [manifest] = [m for m in site.lake.manifests("alpha") if m.dt == date(2026, 4, 14)]

    refused = SliceVerdict("alpha_acme", manifest.dt, False, ("a_rule",))
    site.lake.write_verdict(manifest.batch_id, [refused])

    assert days_read(site) == ["04-14", "04-15"]


def test_a_day_stays_open_until_what_is_missing_is_late(tmp_path):
    site, clock = make_site(tmp_path, "2026-04-16", "10:45")
    land_day(site, "2026-04-14")
    land_day(site, "2026-04-15")
    land(site, "paper/notes", "alpha_acme", {"2026-04-14": [{"note": "n"}]})
    inputs(site, is_kept=True)
    clock.set("2026-04-16", "13:00")

    plan, tables = inputs(site)

    assert plan.days is not None
    late = {(row[1], str(row[3])) for row in tables["lake.source_day"] if row[10]}
    assert late == {("notes", "2026-04-15")}


def test_a_first_file_of_an_account_tells_every_day_anew(tmp_path):
    site, _ = built_site(tmp_path)
    land(site, "paper/notes", "alpha_acme", {"2026-04-15": [{"note": "n"}]})

    plan = make_plan(site)

    assert (plan.base, plan.days) == ("r000001-20260415", None)


def test_without_marks_every_day_is_read(tmp_path, monkeypatch):
    site, _ = built_site(tmp_path)
    monkeypatch.setattr(known, "SETTLED_NS", 10**18)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 7))

    assert days_read(site) == ["04-14", "04-15"]


def test_a_failure_that_changes_no_slice_leaves_the_open_plan(tmp_path):
    site, _ = built_site(tmp_path)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 7))
    plan = make_plan(site)
    land(site, "alpha/days", "alpha_acme", {"2026-04-14": "failed"})

    assert make_plan(site) == plan


@pytest.mark.parametrize(
    ("release_id", "found"),
    [(None, "gone or broken"), ("r000009-20260415", "replaced by that of r000009-20260415")],
)
def test_a_build_without_the_base_of_its_plan_asks_for_a_new_plan(tmp_path, release_id, found):
    site, _ = built_site(tmp_path)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 7))
    plan = make_plan(site)
    base = base_path(site.settings)
    if release_id is None:
        base.unlink()
    else:
        with duckdb.connect(str(base)) as database:
            database.execute("update state.build set release_id = ?", [release_id])

    with pytest.raises(BuildError, match=f"{plan.base}, which is {found}; run tidemark release"):
        build_candidate(site, plan.plan_id)

    assert make_plan(site).base == release_id


def test_files_of_two_shapes_are_read_together(tmp_path):
    site, _ = make_site(tmp_path, "2026-04-16", "13:00")
    land_day(site, "2026-04-14")
    land_day(site, "2026-04-15")
    [part] = (tmp_path / "lake" / "raw" / "alpha" / "days" / "dt=2026-04-14").rglob("*.parquet")
    pq.write_table(pq.read_table(part, partitioning=None).drop_columns(["plays"]), part)

    plan = make_plan(site)

    with duckdb.connect(str(start_candidate(site, plan.plan_id, from_base=False))) as database:
        write_inputs(site, database, plan)
        shapes = {f.platform.name: f.is_one_shape for f in current_files(site, database)}
        read = database.execute("select dt, plays is null from lake.alpha__days order by dt")
        assert [is_null for _, is_null in read.fetchall()] == [True, False]
    assert shapes == {"alpha": False, "beta": True, "paper": True}


def test_a_base_that_lost_its_memory_is_as_none(tmp_path):
    site, _ = built_site(tmp_path)
    with duckdb.connect(str(base_path(site.settings))) as database:
        database.execute("drop table state.day")

    plan = make_plan(site, force=True)

    assert (plan.base, plan.days) == (None, None)
