"""The same releases on Spark: from nothing, and a day later on the tables of the first one."""

import json
import math
from dataclasses import replace

import pytest

from tests.integration.test_release_rebuild import land_history, land_later, published, site_of
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.plans import plan_dir
from warehouse.publish import publish_candidate

pytest.importorskip("pyspark", reason="the dependency group spark is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Live two days on each engine; return the sites and what Spark did."""
    homes = tmp_path_factory.mktemp("engines")
    return {engine: live(homes, engine) for engine in ("duckdb", "spark")}


def live(homes, engine):
    built = []
    for day, land in (("05-11", land_history), ("05-12", land_later)):
        found = site_of(homes / engine, day)
        site = replace(found, settings=replace(found.settings, engine=engine))
        land(site)
        plan = make_plan(site)
        build_candidate(site, plan.plan_id)
        built.append(json.loads((plan_dir(site.settings, plan.plan_id) / "built.json").read_text()))
        # the first day is judged on the engine that built it, the second in DuckDB's copy of it,
        # which is a tenth of the time
        audit_candidate(site if land is land_history else found, plan.plan_id)
        publish_candidate(site, plan.plan_id)
    return site, built


def is_same(one, other):
    """Tell whether two values are the same; doubles within 1e-9 of each other."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return type(one) is type(other) and one == other


def test_every_published_table_is_the_same_as_on_duckdb(lived):
    expected, found = (dict(published(site)) for site, _ in lived.values())
    differing = {
        name: [
            pair
            for pair in zip(rows, found.get(name, []), strict=False)
            if not all(map(is_same, *pair))
        ][:1]
        for name, rows in expected.items()
        if len(rows) != len(found.get(name, []))
        or not all(all(map(is_same, *pair)) for pair in zip(rows, found[name], strict=True))
    }

    assert differing == {}
    assert len(expected) > 40
    assert sum(map(len, expected.values())) > 1000


def test_the_second_day_was_built_on_the_first(lived):
    _site, (first, second) = lived["spark"]

    assert first["changed_dates"] is None
    assert second["changed_dates"]["order_day"]
