"""A release as Parquet: exact types, shared months, one atomic turn, nothing half-written."""

import json
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.core.lake import open_lake
from tests.integration.test_release import release
from tests.warehouse_site import land_day, make_site
from tidemark.settings import load_settings
from warehouse.errors import PublishError
from warehouse.plan import make_plan
from warehouse.plans import open_plans
from warehouse.publish import publish_candidate
from warehouse.publishers.parquet import parquet_root, publish_parquet, read_current
from warehouse.releases import current_id
from warehouse.rollback import roll_back

OLD, NEW = "r000001-20260430", "r000002-20260501"
STEPS = frozenset({"os.link", "os.mkdir", "os.remove", "os.rename", "os.symlink", "shutil.rmtree"})
LARGE = """
create table marts.fct_post_day as
select 'p' || n % 5000 as post_key, date '2026-03-01' + cast(n // 5000 as integer) as stat_date,
    n as plays
from range(250000) as t(n)
"""


class Killed(BaseException):
    """The process ends here."""


class Audit:
    """Ends the process at the nth step on the file system; armed by setting `left`."""

    left: int | None = None

    def __call__(self, event, _arguments):
        if self.left is not None and event in STEPS:
            self.left -= 1
            if self.left < 0:
                raise Killed(event)


AUDIT = Audit()
sys.addaudithook(AUDIT)


def release_file(folder, release_id, *statements):
    """Write the file of a release with some tables."""
    path = folder / f"{release_id}.duckdb"
    day = datetime.strptime(release_id[-8:], "%Y%m%d").date()
    with duckdb.connect(str(path)) as release:
        release.execute("create schema marts; create schema ops")
        release.execute(
            f"create table ops.release as select '{release_id}' as release_id, date '{day}' as "
            "as_of_date, timestamptz '2026-05-01 08:00:00+08' as published_at"
        )
        for statement in statements:
            release.execute(statement)
    return path


def rows_of(root, table):
    """Return a table as somebody reads it who knows of the folder only."""
    return pq.read_table(Path(root.root) / "current" / table).to_pylist()


@pytest.fixture
def root(tmp_path):
    return open_lake((tmp_path / "parquet").as_uri())


def test_every_type_of_the_contract_reads_back_exactly(tmp_path, root):
    path = release_file(
        tmp_path,
        OLD,
        "create table marts.t as select cast('123456789012345.67' as decimal(18, 2)) as paid_cny, "
        "timestamptz '2026-04-30 23:59:59.123456+08' as paid_at, date '2026-04-30' as paid_on, "
        "9007199254740993 as plays, cast(3 as integer) as weekday, '新品·🎉' as title, "
        "true as is_original, cast(null as bigint) as likes, cast(0.1 as double) as share",
        "comment on column marts.t.paid_cny is 'Paid. / 实付。'",
    )

    publish_parquet(root, path, kept=())

    found = pq.read_table(Path(root.root) / "current" / "marts" / "t")
    assert dict(zip(found.schema.names, found.schema.types, strict=True)) == {
        "paid_cny": pa.decimal128(18, 2),
        "paid_at": pa.timestamp("us", tz="UTC"),
        "paid_on": pa.date32(),
        "plays": pa.int64(),
        "weekday": pa.int32(),
        "title": pa.string(),
        "is_original": pa.bool_(),
        "likes": pa.int64(),
        "share": pa.float64(),
    }
    assert found.to_pylist() == [
        {
            "paid_cny": Decimal("123456789012345.67"),
            "paid_at": datetime(2026, 4, 30, 15, 59, 59, 123456, tzinfo=UTC),
            "paid_on": date(2026, 4, 30),
            "plays": 9007199254740993,
            "weekday": 3,
            "title": "新品·🎉",
            "is_original": True,
            "likes": None,
            "share": 0.1,
        }
    ]
    said = read_current(root)["tables"]["marts.t"]
    assert said["columns"][0] == {
        "name": "paid_cny",
        "type": "decimal(18,2)",
        "description": "Paid. / 实付。",
    }
    assert said["rows"] == 1


@pytest.mark.parametrize("type_name", ["hugeint", "decimal(38,4)", "timestamp"])
def test_a_type_outside_the_contract_is_named_and_readers_keep_the_old_release(
    tmp_path, root, type_name
):
    publish_parquet(root, release_file(tmp_path, OLD), kept=())
    path = release_file(tmp_path, NEW, f"create table marts.t (n {type_name})")

    with pytest.raises(PublishError, match=r"marts\.t\.n: .* cast it in its model"):
        publish_parquet(root, path, kept=(OLD,))

    assert read_current(root)["release_id"] == OLD


def test_a_month_that_did_not_change_is_the_same_file_in_both_releases(tmp_path, root):
    old = release_file(tmp_path, OLD, LARGE, "create table marts.none (day date, n bigint)")
    change = "update marts.fct_post_day set plays = 7 where stat_date = '2026-04-02' and plays < 0"
    correction = change.replace("plays < 0", "post_key = 'p1'")
    late = "insert into marts.fct_post_day values ('p1', null, 3)"
    new = release_file(
        tmp_path,
        NEW,
        LARGE,
        correction,
        late,
        "create table marts.none (day date, n bigint)",
    )

    publish_parquet(root, old, kept=())
    publish_parquet(root, new, kept=(OLD,))

    releases = Path(root.root) / "releases"
    inodes = {
        name: {
            path.relative_to(releases / name).as_posix(): path.stat().st_ino
            for path in (releases / name / "marts").rglob("*.parquet")
        }
        for name in (OLD, NEW)
    }
    march, april = "marts/fct_post_day/2026-03.parquet", "marts/fct_post_day/2026-04.parquet"
    undated, empty = "marts/fct_post_day/undated.parquet", "marts/none/all.parquet"
    assert set(inodes[OLD]) == {march, april, empty}
    assert set(inodes[NEW]) == {march, april, undated, empty}
    assert inodes[OLD][march] == inodes[NEW][march]
    assert inodes[OLD][empty] == inodes[NEW][empty]
    assert inodes[OLD][april] != inodes[NEW][april]
    row_groups = pq.read_metadata(releases / NEW / march)
    assert [row_groups.row_group(n).num_rows for n in range(row_groups.num_row_groups)] == [
        122_880,
        32_120,
    ]


def test_releases_that_are_not_kept_go_with_the_files_that_only_they_had(tmp_path, root):
    for release_id, rows in ((OLD, "(1)"), (NEW, "(2)")):
        tables = ("create table marts.same as select 1 as n", "create table marts.t (n bigint)")
        filled = (*tables, f"insert into marts.t values {rows}")
        publish_parquet(root, release_file(tmp_path, release_id, *filled), kept=(OLD,))
    both = root.list_files("files")

    publish_parquet(root, tmp_path / f"{NEW}.duckdb", kept=(NEW,))

    assert len(both) == 5
    assert len(root.list_files("files")) == 3
    assert [path.name for path in (Path(root.root) / "releases").iterdir()] == [NEW]
    assert rows_of(root, "marts/t") == [{"n": 2}]


def is_whole(root, values):
    """Tell whether readers of the manifest and of the folder see all of one release."""
    manifest = read_current(root)
    expected = values[manifest["release_id"]]
    listed = {
        name: [
            row["n"]
            for file in table["files"]
            for row in pq.read_table(Path(root.root) / file["path"]).to_pylist()
        ]
        for name, table in manifest["tables"].items()
        if name != "ops.release"
    }
    seen = {name: [r["n"] for r in rows_of(root, name.replace(".", "/"))] for name in listed}
    return listed == seen == {name: [expected] for name in ("marts.a", "marts.b")}


@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_leaves_a_whole_release_and_the_next_run_ends_it(tmp_path):
    values = {OLD: 1, NEW: 2}
    files = {
        release_id: release_file(
            tmp_path,
            release_id,
            *(f"create table marts.{name} as select {n} as n" for name in "ab"),
        )
        for release_id, n in values.items()
    }
    publish_parquet(open_lake((tmp_path / "old").as_uri()), files[OLD], kept=())
    seen, step, ended = [], 0, False

    while not ended:
        shutil.copytree(tmp_path / "old", tmp_path / f"at{step}", symlinks=True)
        root = open_lake((tmp_path / f"at{step}").as_uri())
        AUDIT.left = step
        try:
            publish_parquet(root, files[NEW], kept=())
            ended = True
        except Killed:
            pass
        finally:
            AUDIT.left = None
        seen.append(read_current(root)["release_id"])
        assert is_whole(root, values), f"step {step}"
        publish_parquet(root, files[NEW], kept=())
        assert (read_current(root)["release_id"], is_whole(root, values)) == (NEW, True)
        assert len(root.list_files("files")) == 3
        assert not list(Path(root.root).rglob(".*"))
        step += 1

    assert step > 20
    assert seen == sorted(seen)
    assert {OLD, NEW} == set(seen)


def test_publishing_again_writes_nothing_and_an_older_release_is_pointed_to_again(tmp_path, root):
    old, new = (
        release_file(tmp_path, release_id, f"create table marts.t as select {n} as n")
        for n, release_id in enumerate((OLD, NEW))
    )
    publish_parquet(root, old, kept=())
    publish_parquet(root, new, kept=(OLD,))
    before = {p: p.stat().st_mtime_ns for p in Path(root.root).rglob("*") if p.is_file()}

    publish_parquet(root, new, kept=(OLD,))
    publish_parquet(root, old, kept=(OLD, NEW))

    after = {p: p.stat().st_mtime_ns for p in Path(root.root).rglob("*") if p.is_file()}
    current = Path(root.root) / "current.json"
    assert {p for p in after if after[p] != before[p]} <= {current}
    assert json.loads(current.read_text())["release_id"] == OLD
    assert rows_of(root, "marts/t") == [{"n": 0}]


def published_site(home):
    """Return an installation with two releases, as Parquet too."""
    found, clock = make_site(home)
    site = replace(
        found,
        settings=replace(found.settings, parquet_url=(home / "published" / "parquet").as_uri()),
    )
    for day in ("2026-04-15", "2026-04-16"):
        clock.set(str(date.fromisoformat(day) + timedelta(1)))
        land_day(site, day, 4)
        release(site)
    return site, clock


def test_a_release_and_a_rollback_turn_the_parquet_release_with_the_file(tmp_path):
    site, _ = published_site(tmp_path)
    plays = site.settings.published_dir / "parquet" / "current" / "marts" / "fct_play_day"
    both = pq.read_table(plays)["plays"].to_pylist()

    roll_back(site)

    assert both == [4, 4, 4, 4]
    assert pq.read_table(plays)["plays"].to_pylist() == [4, 4]
    assert read_current(parquet_root(site.settings))["release_id"] == "r000001-20260415"
    assert current_id(site.settings) == "r000001-20260415"


@pytest.mark.parametrize("then", ["the next plan", "publishing again"])
def test_an_address_that_fails_stops_no_release_and_is_caught_up_with(tmp_path, then):
    site, clock = published_site(tmp_path)
    away = replace(site, settings=replace(site.settings, parquet_url="file:///dev/null"))
    clock.set("2026-04-18")
    land_day(site, "2026-04-17", 4)

    with pytest.raises(PublishError, match=r"TIDEMARK_PARQUET .* publish r000003-20260417"):
        release(away)
    behind = read_current(parquet_root(site.settings))["release_id"]
    if then == "the next plan":
        assert make_plan(site) is None
    else:
        publish_candidate(site, "r000003-20260417")

    assert current_id(site.settings) == "r000003-20260417"
    assert open_plans(site.settings) == []
    assert behind == "r000002-20260416"
    assert read_current(parquet_root(site.settings))["release_id"] == "r000003-20260417"


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({}, "file:///srv/tidemark/published/parquet"),
        ({"TIDEMARK_PARQUET": "s3://acme/published"}, "s3://acme/published"),
        ({"TIDEMARK_PARQUET": "off"}, None),
    ],
    ids=["by default", "a store", "off"],
)
def test_the_environment_says_where_parquet_goes(said, url):
    assert load_settings({"TIDEMARK_HOME": "/srv/tidemark", **said}).parquet_url == url


def read_until(root, stop, seen):
    """Read two tables of one release again and again, as docs/bi.md says."""
    while not stop.is_set():
        release = (Path(root.root) / "current").resolve()
        rows = [pq.read_table(release / "marts" / name).to_pylist() for name in "ab"]
        seen.append((release.name, [row["n"] for table in rows for row in table]))


@pytest.mark.slow
def test_readers_beside_twenty_releases_see_whole_ones_in_order(tmp_path, root):
    ids = [f"r{n:06d}-20260430" for n in range(1, 21)]
    files = [
        release_file(
            tmp_path,
            release_id,
            *(f"create table marts.{name} as select {n} as n" for name in "ab"),
        )
        for n, release_id in enumerate(ids, 1)
    ]
    publish_parquet(root, files[0], kept=())
    stop, seen = threading.Event(), [[] for _ in range(4)]

    with ThreadPoolExecutor(len(seen)) as readers:
        reading = [readers.submit(read_until, root, stop, each) for each in seen]
        for path in files[1:]:
            publish_parquet(root, path, kept=ids)
        stop.set()
    failures = [one.exception() for one in reading if one.exception()]

    assert failures == []
    assert all(len({release for release, _ in each}) > 5 for each in seen)
    assert all(each == sorted(each) for each in seen)
    assert all(rows == [int(name[1:7])] * 2 for each in seen for name, rows in each)
