"""Compaction between releases: nothing that is published changes, and nothing is built anew."""

import json
import os
import shutil
from datetime import date

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.integration.test_forget import (
    ANNA,
    ANNAS_KEY,
    BEN,
    BENS_KEY,
    CARA,
    holding,
    release,
    totals,
)
from tests.integration.test_release_rebuild import (
    PASSED,
    land_history,
    land_later,
    published,
    site_of,
)
from tests.integration.test_release_rebuild import release as release_of_models
from tests.people_site import FIRST, SHOP, deliver, order, query, shop_site, transform
from tidemark.cli.main import app
from tidemark.orchestration.steps import compact_lake
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.errors import BuildError
from warehouse.plan import make_plan
from warehouse.plans import plan_dir
from warehouse.publish import publish_candidate

APRIL_IS_OVER = "2026-06-05T03:30:00+08:00"  # and old enough
TODAY = "2026-05-03"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A shop with two orders a day, each day read twice, and a release of them."""
    home = tmp_path / "data"
    (tmp_path / "clock").write_text(APRIL_IS_OVER)
    environ = {"TIDEMARK_HOME": str(home), "TIDEMARK_CLOCK_FILE": str(tmp_path / "clock")}
    for name, value in {**FIRST, **environ}.items():
        monkeypatch.setenv(name, value)
    site, _clock = shop_site(home, TODAY)
    for nth, day in enumerate(("2026-04-20", "2026-04-21", "2026-04-22")):
        for _ in range(2):
            deliver(site, day, order(f"{nth}1", day, ANNA), order(f"{nth}2", day, BEN, 5000))
    deliver(site, "2026-05-02", order("31", "2026-05-02", ANNA))
    release(site)
    return site


def files_of_april(site):
    manifests = site.lake.manifests("douyin_shop", "orders")
    return {path for m in manifests if m.dt < date(2026, 5, 1) for path in m.files}


def age(site):
    """Let every data file be older than an extraction may last."""
    for path in site.lake.list_files("raw"):
        os.utime(site.lake.address(path), (0, 0))


def built(site, plan_id):
    return json.loads((plan_dir(site.settings, plan_id) / "built.json").read_text())


def test_the_step_of_the_dag_returns_what_it_did_as_counts(site):
    site.lake.write_bytes("landing/douyin_shop/2026-05-02/sample-order-1.json", b"{}")

    assert compact_lake() == {"manifests": 6, "bodies": 1}
    assert compact_lake() == {"manifests": 0, "bodies": 0}
    assert len(files_of_april(site)) == 1


def test_the_command_does_the_same_and_says_so(site):
    done = CliRunner().invoke(app, ["lake", "compact"])

    assert done.exit_code == 0, done.output
    told = "6 manifests merged before 2026-05-01; 0 kept bodies expired"
    assert " ".join(done.output.split()) == told
    assert len(files_of_april(site)) == 1


def test_a_release_after_compaction_is_built_by_the_days_that_changed(site):
    before = totals(site)
    compact_lake()
    deliver(site, "2026-04-21", order("13", "2026-04-21", CARA, 100))

    plan = make_plan(site)
    build_candidate(site, plan.plan_id, transform=transform)

    assert plan.base == "r000001-20260502"
    assert built(site, plan.plan_id)["changed_dates"]["order_day"] == ["2026-04-21"]
    release(site)
    assert totals(site)[0] == before[0] + 1


def test_a_plan_that_was_made_before_compaction_is_built_after_it(site):
    before = totals(site)
    deliver(site, "2026-04-21", order("13", "2026-04-21", CARA, 100))
    plan = make_plan(site)
    planned = files_of_april(site)
    age(site)

    compact_lake()
    build_candidate(site, plan.plan_id, transform=transform)

    assert files_of_april(site).isdisjoint(planned)
    assert built(site, plan.plan_id)["changed_dates"]["order_day"] == ["2026-04-21"]
    candidate = plan_dir(site.settings, plan.plan_id) / "candidate.duckdb"
    [(orders,)] = query(candidate, "select count(*) from marts.fct_order")
    assert orders == before[0] + 1


def test_after_two_compactions_without_a_release_every_day_is_built_anew(site):
    before = totals(site)
    deliver(site, "2026-04-21", order("13", "2026-04-21", CARA, 100))
    plan = make_plan(site)
    age(site)
    compact_lake()
    compact_lake()

    with pytest.raises(BuildError, match="run tidemark release again; it plans anew"):
        build_candidate(site, plan.plan_id, transform=transform)
    release(site)

    assert json.loads((site.settings.build_dir / "days.json").read_text()) == {}
    assert totals(site)[0] == before[0] + 1


def rows_of_others(site, path):
    rows = pq.read_table(site.lake.address(path), partitioning=None).to_pylist()
    return sorted(
        (row["dt"], row["order_id"]) for row in rows if row["doudian_open_id"] == BENS_KEY
    )


def test_who_is_forgotten_leaves_the_file_of_a_month_and_the_others_stay(site):
    compact_lake()
    release(site)
    before = totals(site)
    [path] = files_of_april(site)
    others = rows_of_others(site, path)

    done = CliRunner().invoke(app, ["forget", "-"], input=f"douyin_shop/{SHOP}/{ANNA}\n")
    release(site)

    assert done.exit_code == 0, done.output
    assert files_of_april(site) == {path}
    assert holding(site.settings.home, ANNA, ANNAS_KEY) == set()
    assert [str(dt) for dt, _ in others] == ["2026-04-20", "2026-04-21", "2026-04-22"]
    assert rows_of_others(site, path) == others
    assert totals(site) == before


def release_later(site):
    """Land what comes later and release it; return the base and the days that were built anew."""
    land_later(site)
    plan = make_plan(site)
    build_candidate(site, plan.plan_id)
    changed = built(site, plan.plan_id)["changed_dates"]
    audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
    publish_candidate(site, plan.plan_id)
    return plan.base, changed


@pytest.mark.slow
def test_the_real_models_publish_the_same_after_compaction(tmp_path, monkeypatch):
    home = tmp_path / "lived"
    land_history(site_of(home, "05-11"))
    release_of_models(site_of(home, "05-11"))
    shutil.copytree(home, tmp_path / "plain", symlinks=True)
    plain, lived = (site_of(tmp_path / name, "05-12") for name in ("plain", "lived"))
    monkeypatch.setenv("TIDEMARK_HOME", str(home))

    done = CliRunner().invoke(app, ["lake", "compact", "--before", "2026-06-01"])
    base, changed = release_later(lived)
    base_of_plain, changed_of_plain = release_later(plain)

    assert int(done.output.split()[0]) > 50, done.output
    assert base == base_of_plain == "r000001-20260510"
    # every day is told anew, as every day has other batches; its figures are not built anew
    assert len(changed.pop("source_day")) >= len(changed_of_plain.pop("source_day"))
    assert changed == changed_of_plain
    found, expected = dict(published(lived)), dict(published(plain))
    assert len(expected["marts.fct_order"]) == 10
    assert {name for name, rows in expected.items() if found[name] != rows} == set()
