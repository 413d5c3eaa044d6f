"""A release in a real PostgreSQL: equal rows, only what changed, nobody waits, nothing mixed."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import psycopg
import pytest

from tests.integration import test_forget as forgetting
from tests.integration.test_parquet_release import NEW, OLD, release_file
from tests.integration.test_release import release
from tests.people_site import FIRST, deliver, order, shop_site
from tests.postgresql import started_postgresql
from tests.warehouse_site import land_day, make_site
from tidemark.settings import PROJECT_ROOT, load_settings
from warehouse.erase import erase
from warehouse.errors import PublishError
from warehouse.plan import make_plan
from warehouse.publishers.postgresql import publish_postgresql
from warehouse.publishers.postgresql_server import target_of
from warehouse.releases import current_id
from warehouse.rollback import roll_back

DAY = """
create table marts.fct_post_day as
select 'p' || n % 100 as post_key, date '2026-04-27' + cast(n // 100 as integer) as stat_date,
    cast(n as bigint) as plays
from range({days}00) as t(n)
"""
GOAL = "create table kpi.goal as select 'g' as goal_key, '{owner}' as owner_name"
SCHEMA = "create schema if not exists kpi"


@pytest.fixture(scope="module")
def server():
    with started_postgresql() as found:
        found.run("create role analyst login")
        yield found


@pytest.fixture
def address(server, monkeypatch):
    """Return the connection of an empty database."""
    server.run("drop database if exists bi with (force)", "create database bi")
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", server.connection(schema="bi"))
    return f"host={server.folder} user=postgres dbname=bi"


@pytest.fixture
def target(address):
    return target_of("tidemark_bi")


def ask(address, sql):
    with psycopg.connect(address) as connection:
        return connection.execute(sql).fetchall()


def two_releases(folder):
    """Return two release files: a day more, a late change of an old day, another owner."""
    old = release_file(folder, OLD, DAY.format(days=3), SCHEMA, GOAL.format(owner="ann"))
    late = "update marts.fct_post_day set plays = -1 where stat_date = '2026-04-28'"
    new = release_file(folder, NEW, DAY.format(days=4), late, SCHEMA, GOAL.format(owner="bo"))
    return old, new


def test_every_type_reads_back_exactly_and_a_nul_character_is_replaced(tmp_path, address, target):
    path = release_file(
        tmp_path,
        OLD,
        "create table marts.t as select cast('123456789012345.67' as decimal(18, 2)) as paid_cny, "
        "timestamptz '2026-04-30 23:59:59.123456+08' as paid_at, date '2026-04-30' as paid_on, "
        "9007199254740993 as plays, cast(3 as integer) as weekday, '新品·🎉\\' || chr(0) as title, "
        "true as is_original, cast(null as bigint) as likes, cast(0.1 as double) as share",
        "comment on table marts.t is 'One row per {thing}. / 每行一个。'",
        "comment on column marts.t.paid_cny is 'Paid, 100%. / 实付。'",
    )

    touched = publish_postgresql(target, path)

    assert touched == {"marts.t": ["2026-04-30"], "ops.release": ["2026-04-30"]}
    assert ask(address, "select * from marts.t") == [
        (
            Decimal("123456789012345.67"),
            datetime(2026, 4, 30, 15, 59, 59, 123456, tzinfo=UTC),
            date(2026, 4, 30),
            9007199254740993,
            3,
            "新品·🎉\\\N{REPLACEMENT CHARACTER}",
            True,
            None,
            0.1,
        )
    ]
    assert ask(
        address,
        "select column_name::text, data_type::text, numeric_precision, numeric_scale "
        "from information_schema.columns where table_name = 't' order by ordinal_position",
    ) == [
        ("paid_cny", "numeric", 18, 2),
        ("paid_at", "timestamp with time zone", None, None),
        ("paid_on", "date", None, None),
        ("plays", "bigint", 64, 0),
        ("weekday", "integer", 32, 0),
        ("title", "text", None, None),
        ("is_original", "boolean", None, None),
        ("likes", "bigint", 64, 0),
        ("share", "double precision", 53, None),
    ]
    comments = (
        "select obj_description('marts.t'::regclass), col_description('marts.t'::regclass, 1)"
    )
    assert ask(address, comments) == [("One row per {thing}. / 每行一个。", "Paid, 100%. / 实付。")]


def test_only_the_days_that_differ_are_touched_forward_and_back(tmp_path, address, target):
    old, new = two_releases(tmp_path)
    rows = "select stat_date::text, count(*), sum(plays)::bigint from marts.fct_post_day group by 1"

    first = publish_postgresql(target, old)
    forward = publish_postgresql(target, new)
    at_new = sorted(ask(address, rows)), ask(address, "select * from kpi.goal")
    again = publish_postgresql(target, new)
    compared = publish_postgresql(target, new, is_compared=True)
    back = publish_postgresql(target, old)

    days = ["2026-04-27", "2026-04-28", "2026-04-29"]
    assert first == {
        "marts.fct_post_day": days,
        "kpi.goal": ["all"],
        "ops.release": ["2026-04-30"],
    }
    assert forward == {
        "marts.fct_post_day": ["2026-04-28", "2026-04-30"],
        "kpi.goal": ["all"],
        "ops.release": ["2026-04-30", "2026-05-01"],
    }
    assert at_new == (
        [
            ("2026-04-27", 100, 4950),
            ("2026-04-28", 100, -100),
            ("2026-04-29", 100, 24950),
            ("2026-04-30", 100, 34950),
        ],
        [("g", "bo")],
    )
    assert (again, compared) == ({}, {})
    assert back == forward
    assert sorted(ask(address, rows)) == [
        ("2026-04-27", 100, 4950),
        ("2026-04-28", 100, 14950),
        ("2026-04-29", 100, 24950),
    ]
    assert ask(address, "select release_id from ops.release") == [(OLD,)]


def test_readers_in_the_middle_keep_the_old_release_and_nobody_waits(tmp_path, address, target):
    old, new = two_releases(tmp_path)
    publish_postgresql(target, old)
    rows = "select count(*), (select owner_name from kpi.goal) from marts.fct_post_day"

    with psycopg.connect(address) as steady, psycopg.connect(address) as slow:
        steady.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        before = steady.execute(rows).fetchall()
        with slow.cursor("open") as cursor:
            cursor.execute("select plays from marts.fct_post_day")
            some = cursor.fetchmany(10)
            publish_postgresql(target, new)
            fresh = ask(address, rows)
            left = cursor.fetchall()
        after = steady.execute(rows).fetchall()

    assert before == after == [(300, "ann")]
    assert sorted(plays for (plays,) in some + left) == list(range(300))
    assert fresh == [(400, "bo")]


KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse.publishers.postgresql import publish_postgresql
from warehouse.publishers.postgresql_server import target_of

def notice(table):
    if table == "ops.release":
        os.kill(os.getpid(), signal.SIGKILL)

publish_postgresql(target_of("tidemark_bi"), Path(sys.argv[1]), notice=notice)
"""


def test_a_publisher_that_is_killed_leaves_the_old_release_and_the_next_one_ends_it(
    tmp_path, address, target
):
    old, new = two_releases(tmp_path)
    publish_postgresql(target, old)
    rows = (
        "select (select count(*) from marts.fct_post_day), owner_name, release_id "
        "from kpi.goal, ops.release"
    )

    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(new)], cwd=PROJECT_ROOT, env=os.environ, check=False
    )
    between = ask(address, rows)
    touched = publish_postgresql(target, new)

    assert done.returncode == -signal.SIGKILL
    assert between == [(300, "ann", OLD)]
    assert touched["marts.fct_post_day"] == ["2026-04-28", "2026-04-30"]
    assert ask(address, rows) == [(400, "bo", NEW)]


def test_the_readers_role_reads_all_that_comes_writes_nothing_and_sees_no_ledger(
    tmp_path, server, address, target
):
    old, new = two_releases(tmp_path)
    publish_postgresql(target, old)
    server.run("grant tidemark_bi to analyst")
    with duckdb.connect(str(new)) as release:
        release.execute("create table kpi.later as select 1::bigint as n")
    publish_postgresql(target, new)
    analyst = address.replace("user=postgres", "user=analyst")

    for refused in (
        "delete from marts.fct_post_day",
        "insert into kpi.goal values ('h', 'eve')",
        "create table marts.own (n int)",
        "select * from tidemark_internal.partition",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(analyst, refused)

    assert ask(analyst, "select count(*) from marts.fct_post_day") == [(400,)]
    assert ask(analyst, "select n from kpi.later") == [(1,)]
    seen = "select distinct table_schema::text from information_schema.tables order by 1"
    assert ("marts",) in ask(analyst, seen)
    assert ("tidemark_internal",) not in ask(analyst, seen)
    assert ask(address, "select rolcanlogin from pg_roles where rolname = 'tidemark_bi'") == [
        (False,)
    ]


def test_the_set_up_of_the_documentation_is_all_that_publisher_and_readers_need(
    tmp_path, server, monkeypatch
):
    server.run("drop database if exists bi with (force)", "drop role if exists tidemark_bi")
    server.set_up_as_documented()
    publisher = server.connection(schema="tidemark", login="tidemark_publisher")
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", publisher)
    board = f"host={server.folder} dbname=tidemark user=superset"
    old, new = two_releases(tmp_path)

    publish_postgresql(target_of("tidemark_bi"), old)
    publish_postgresql(target_of("tidemark_bi"), new)

    assert ask(board, "select owner_name, release_id from kpi.goal, ops.release") == [("bo", NEW)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask(board, "delete from kpi.goal")


def test_dashboards_find_an_index_for_what_they_filter(tmp_path, address, target):
    path = release_file(
        tmp_path,
        OLD,
        "create table marts.fct_metric_day as select 'douyin' as platform, 'a' as account_key, "
        "date '2026-04-30' as stat_date",
        "create table marts.fct_order as select 'a' as account_key, date '2026-04-30' as paid_on",
        "create table marts.dim_brand as select 'b' as brand_key, 'B' as brand_name",
        SCHEMA,
        "create table kpi.goal_history as select 'g' as goal_key, date '2026-04-30' as as_of_date",
    )

    publish_postgresql(target, path)

    found = ask(
        address,
        "select tablename::text, substring(indexdef from '\\((.*)\\)') from pg_indexes "
        "where schemaname in ('marts', 'kpi') order by 1, 2",
    )
    assert found == [
        ("dim_brand", "brand_key"),
        ("fct_metric_day", "account_key, stat_date"),
        ("fct_metric_day", "platform, stat_date"),
        ("fct_metric_day", "stat_date"),
        ("fct_order", "account_key, paid_on"),
        ("fct_order", "paid_on"),
        ("goal_history", "as_of_date"),
        ("goal_history", "goal_key, as_of_date"),
    ]


def test_a_new_column_waits_for_no_reader_and_an_older_release_has_none(tmp_path, address, target):
    old, new = two_releases(tmp_path)
    publish_postgresql(target, old)
    with duckdb.connect(str(new)) as release:
        release.execute("alter table kpi.goal add column note varchar default 'why'")
        release.execute("create table kpi.later as select date '2026-05-01' as as_of_date")

    with psycopg.connect(address) as reader:
        reader.execute("select * from kpi.goal")
        with pytest.raises(PublishError, match=r"kpi\.goal: the new column note .* end what is op"):
            publish_postgresql(target, new)
        between = ask(address, "select owner_name, release_id from kpi.goal, ops.release")
    publish_postgresql(target, new)
    forward = ask(address, "select owner_name, note, as_of_date from kpi.goal, kpi.later")
    publish_postgresql(target, old)

    assert between == [("ann", OLD)]
    assert forward == [("bo", "why", date(2026, 5, 1))]
    assert ask(address, "select owner_name, note from kpi.goal") == [("ann", None)]
    assert ask(address, "select * from kpi.later") == []


def test_a_column_of_another_type_is_named_and_a_dropped_table_is_loaded_anew(
    tmp_path, server, address, target
):
    old, new = two_releases(tmp_path)
    publish_postgresql(target, old)
    with duckdb.connect(str(new)) as release:
        release.execute("alter table kpi.goal alter owner_name type bigint using 7")

    with pytest.raises(PublishError, match=r"kpi\.goal\.owner_name is text on the server and big"):
        publish_postgresql(target, new)
    before = ask(address, "select owner_name, release_id from kpi.goal, ops.release")
    with psycopg.connect(address) as owner:
        owner.execute("drop table kpi.goal")
    publish_postgresql(target, new)

    assert before == [("ann", OLD)]
    assert ask(address, "select owner_name, release_id from kpi.goal, ops.release") == [(7, NEW)]


def test_a_server_that_is_down_is_told_stops_no_release_and_is_caught_up_with(
    tmp_path, server, address, monkeypatch
):
    found, clock = make_site(tmp_path)
    site = replace(found, settings=replace(found.settings, postgresql="tidemark_bi"))
    gone = {"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "password": "hunter2"}
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", json.dumps(gone))
    told = []
    for day in ("2026-04-15", "2026-04-16"):
        clock.set(str(date.fromisoformat(day) + timedelta(1)))
        land_day(site, day, 4)
        with pytest.raises(PublishError) as failure:
            release(site)
        told.append(str(failure.value))
    published = current_id(site.settings)
    rows = (
        "select stat_date::text, sum(plays)::bigint from marts.fct_play_day group by 1 order by 1"
    )

    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", server.connection(schema="bi"))
    make_plan(site)
    caught_up = ask(address, rows), ask(address, "select release_id from ops.release order by 1")
    roll_back(site)

    assert published == "r000002-20260416"
    assert "postgresql: " in told[0]
    assert "Connection refused" in told[0]
    assert "hunter2" not in "".join(told)
    assert caught_up[0] == [("2026-04-15", 8), ("2026-04-16", 8)]
    assert caught_up[1][-1] == ("r000002-20260416",)
    assert ask(address, rows) == [("2026-04-15", 8)]


def test_a_forgotten_buyer_leaves_the_server_too(tmp_path, address, monkeypatch):
    for name, value in FIRST.items():
        monkeypatch.setenv(name, value)
    found, _clock = shop_site(tmp_path / "data", "2026-05-03")
    settings = replace(found.settings, parquet_url=None, postgresql="tidemark_bi")
    site = replace(found, settings=settings)
    orders = [
        order(n, "2026-05-01", who) for n, who in enumerate((forgetting.ANNA, forgetting.BEN))
    ]
    deliver(site, "2026-05-01", *orders)
    forgetting.release(site)
    buyers = "select buyer_key, sum(paid_cny) from marts.fct_order group by buyer_key"

    before = dict(ask(address, buyers))
    erase(site, [forgetting.subject(forgetting.ANNA)])
    after = dict(ask(address, buyers))

    assert set(before) == {forgetting.ANNAS_KEY, forgetting.BENS_KEY}
    assert len(after) == 2
    assert forgetting.ANNAS_KEY not in after
    assert after[forgetting.BENS_KEY] == Decimal("80.00")


def test_the_environment_names_the_connection_and_extra_is_checked(monkeypatch):
    extra = {"reader": "board", "sslmode": "require", "sslmod": "x"}
    said = {"conn_type": "postgres", "host": "db.example", "password": "hunter2", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", json.dumps(said))

    with pytest.raises(PublishError, match=r"connection tidemark_bi: extra: .*sslmod") as failure:
        target_of("tidemark_bi")
    del extra["sslmod"]
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", json.dumps(said))
    target = target_of("tidemark_bi")

    assert "hunter2" not in f"{failure.value}{target}"
    assert target.reader == "board"
    assert "sslmode=require" in target.conninfo
    assert load_settings({}).postgresql is None
    assert load_settings({"TIDEMARK_POSTGRESQL": "tidemark_bi"}).postgresql == "tidemark_bi"
