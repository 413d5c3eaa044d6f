"""The benches of the warehouse at a small size: what they compare must be equal."""

from datetime import date, timedelta

import pytest

from bench import dashboards, growth, postgresql, rebuild
from bench.gates import compare, read_day
from bench.history import World, configure, days_from, evening_after, land_days, open_world
from extractors.core.registry import platforms_by_name
from tests.postgresql import started_postgresql
from tests.warehouse_site import land_day, make_site
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.slices import read_lake_state


def small_world(days):
    return World(accounts=3, posts=12, new_posts=2, first=rebuild.LAST - timedelta(days=days - 1))


@pytest.mark.parametrize("kind", ["passing", "failing"])
def test_plain_sql_and_great_expectations_find_the_same_rows(tmp_path, kind):
    pair = compare(tmp_path, 1_000, kind)

    assert pair.is_equal
    assert pair.plain > 0
    assert pair.judged > 0


def test_a_day_that_a_bench_reads_is_the_day_that_it_lands(tmp_path):
    world, day = small_world(3), rebuild.LAST
    homes = {name: tmp_path / name for name in ("read", "landed")}
    for home in homes.values():
        configure(home, world)

    read_day(homes["read"], world, day)
    land_days(open_world(homes["landed"])[0], world, [day], is_gated=True)

    read, landed = (rows_of_day(home) for home in homes.values())
    assert read["account_counts"] == landed["account_counts"]
    assert read["post_counts"] == landed["post_counts"]
    assert read["posts"] >= landed["posts"]  # a reading tells the posts of thirty days


def rows_of_day(home):
    """Return the platform's own columns of every row of a lake, by stream."""
    lake = open_world(home)[0].lake
    return {
        stream.name: {
            tuple(row[field.name] for field in stream.fields)
            for manifest in lake.manifests("weibo", stream.name)
            for path in manifest.files
            for row in lake.read_day(path, manifest.dt).to_pylist()
        }
        for stream in platforms_by_name()["weibo"].streams
    }


def test_one_query_and_months_with_integer_keys_make_the_same_table(tmp_path):
    world = small_world(days=65)
    configure(tmp_path, world)
    site, _ = open_world(tmp_path)
    land_days(site, world, days_from(world.first, 65), is_gated=True)

    rebuild.one_query(tmp_path, world)
    rebuild.by_month(tmp_path, world)

    plain = rebuild._checksum(tmp_path / "built_by_one_query.duckdb")
    assert plain[0] == 12 * 65
    assert plain == rebuild._checksum(tmp_path / "built_by_by_month.duckdb")


def test_a_day_that_was_gated_counts_and_the_next_one_waits_for_the_gate(tmp_path):
    world = small_world(days=2)
    configure(tmp_path, world)
    site, clock = open_world(tmp_path)
    clock.moment = evening_after(rebuild.LAST)

    land_days(site, world, [world.first], is_gated=True)
    land_days(site, world, [rebuild.LAST], is_gated=False)

    counting = {
        (s["stream"], s["dt"], s["rows"]) for s in read_lake_state(site).slices().to_pylist()
    }
    assert counting == {
        ("account_counts", date(2026, 4, 29), 1),
        ("posts", date(2026, 4, 29), 4),
        ("post_counts", date(2026, 4, 29), 4),
        ("comments", date(2026, 4, 29), 0),
    }
    assert {m.dt for m in site.lake.ungated()} == {rebuild.LAST}


def test_a_build_starts_dbt_once(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    plan = make_plan(site)

    build_candidate(site, plan.plan_id)

    logs = (site.settings.build_dir / "dbt" / "logs" / "dbt.log").read_text()
    assert logs.count("Running with dbt=") == 1


@pytest.mark.slow
def test_a_rebuild_equals_the_scripts(tmp_path):
    page = tmp_path / "benchmarks.md"

    rebuild.run(0, rows=780, days=65, accounts=3, page=page)

    assert "of the three tables are equal" in page.read_text()


@pytest.mark.slow
def test_growth_measures_every_step_of_one_more_day(tmp_path):
    page = tmp_path / "benchmarks.md"

    growth.run(0, histories=(2, 4), accounts=2, posts=10, rounds=1, page=page)

    rows = [line.split("|")[1].strip() for line in page.read_text().splitlines() if "|" in line]
    assert rows[2:8] == ["gate", "plan", "build", "audit", "publish", "whole day"]


@pytest.mark.slow
def test_dashboards_see_whole_releases_without_waiting_while_they_are_published(tmp_path):
    with started_postgresql() as server:
        alone, beside = dashboards.measure_readers(
            tmp_path, server, dashboards=12, releases=5, alone=3
        )

    assert beside.errors == alone.errors == []
    assert (beside.mixed, beside.blocked) == (0, 0)
    assert len(beside.seen) >= 4
    assert len(beside.seconds) > 12
    assert beside.slowest < alone.slowest + 1


@pytest.mark.slow
def test_a_release_in_postgresql_is_measured_beside_a_bare_ingest(tmp_path):
    page = tmp_path / "benchmarks.md"

    postgresql.run(0, rows=3_650, rounds=1, dashboards=2, releases=1, page=page)

    rows = [line.split("|")[1:3] for line in page.read_text().splitlines() if "|" in line]
    assert [[cell.strip() for cell in row] for row in rows[2:6]] == [
        ["bare ingest, no index", "3,650"],
        ["first release", "3,650"],
        ["bare ingest of a day", "10"],
        ["one more day", "10"],
    ]
