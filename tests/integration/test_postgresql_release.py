"""A release in a real PostgreSQL: equal rows, only what changed, nobody waits, nothing mixed."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import adbc_driver_postgresql.dbapi
import duckdb
import psycopg
import pytest

from tests.integration.test_parquet_release import NEW, OLD, release_file
from tests.integration.test_release import release
from tests.postgresql import started_postgresql
from tests.warehouse_site import land_day, make_site
from tidemark.settings import PROJECT_ROOT, load_settings
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
        found.run("create role analyst login in role pg_monitor")
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

    assert touched == {"marts.t": ["all"], "ops.release": ["2026-04-30"]}
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
