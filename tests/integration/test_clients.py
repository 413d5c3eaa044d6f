"""One release, the same questions through every client: equal answers, exact, of equal types."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import polars as pl
import pytest

from tests import clients
from tests.contract.test_exposures import published_models
from tests.integration.test_release_rebuild import land_history, site_of
from tests.postgresql import started_postgresql
from tidemark.settings import PROJECT_ROOT
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import link_path

pytestmark = pytest.mark.slow

SHOP = "douyin_shop_main"
#: tables that have columns of every type; to look into all fifty takes Spark half a minute
READ_BY_SPARK = (
    *("marts.fct_account_day", "marts.fct_order", "marts.fct_metric_day", "marts.dim_post"),
    "kpi.goal_status",
)


def noon(day):
    return datetime(2026, 5, day, 2, 0, tzinfo=UTC)


#: question: its SQL, how pandas and Polars ask it, and the answer counted by hand
QUESTIONS = {
    "days, with what the platform does not say": (
        "select stat_date, plays, followers, saves from marts.fct_account_day "
        "where account_key = 'douyin_acme' and stat_date between date '2026-04-30' and "
        "date '2026-05-02' order by stat_date",
        lambda read: (
            read("marts.fct_account_day")
            .query("account_key == 'douyin_acme'")
            .query("@date(2026, 4, 30) <= stat_date <= @date(2026, 5, 2)", engine="python")
            .sort_values("stat_date")[["stat_date", "plays", "followers", "saves"]]
        ),
        lambda read: (
            read("marts.fct_account_day")
            .filter(
                pl.col("account_key") == "douyin_acme",
                pl.col("stat_date").is_between(date(2026, 4, 30), date(2026, 5, 2)),
            )
            .sort("stat_date")
            .select("stat_date", "plays", "followers", "saves")
        ),
        [
            (date(2026, 4, 30), None, None, None),
            (date(2026, 5, 1), 100, 1001, None),
            (date(2026, 5, 2), 200, 1002, None),
        ],
    ),
    "orders, with moments and money": (
        "select order_key, created_at, paid_on, paid_cny, units from marts.fct_order "
        "where paid_on >= date '2026-05-09' order by created_at",
        lambda read: (
            read("marts.fct_order")
            .query("paid_on >= @date(2026, 5, 9)")
            .sort_values("created_at")[["order_key", "created_at", "paid_on", "paid_cny", "units"]]
        ),
        lambda read: (
            read("marts.fct_order")
            .filter(pl.col("paid_on") >= date(2026, 5, 9))
            .sort("created_at")
            .select("order_key", "created_at", "paid_on", "paid_cny", "units")
        ),
        [
            (f"{SHOP}/9", noon(9), date(2026, 5, 9), Decimal("80.00"), 1),
            (f"{SHOP}/10", noon(10), date(2026, 5, 10), Decimal("80.00"), 1),
        ],
    ),
    "money, summed exactly": (
        "select account_key, sum(paid_cny), sum(net_cny) from marts.fct_order group by account_key",
        lambda read: (
            read("marts.fct_order")
            .groupby("account_key", as_index=False)
            .agg({"paid_cny": "sum", "net_cny": "sum"})
        ),
        lambda read: (
            read("marts.fct_order")
            .group_by("account_key")
            .agg(pl.col("paid_cny").sum(), pl.col("net_cny").sum())
        ),
        [(SHOP, Decimal("720.00"), Decimal("720.00"))],
    ),
    "a ratio from its parts": (
        "select metric, sum(numerator), sum(denominator) from marts.fct_metric_day "
        "where metric = 'er_by_play' and platform = 'douyin' group by metric",
        lambda read: (
            read("marts.fct_metric_day")
            .query("metric == 'er_by_play' and platform == 'douyin'")
            .groupby("metric", as_index=False)
            .agg({"numerator": "sum", "denominator": "sum"})
        ),
        lambda read: (
            read("marts.fct_metric_day")
            .filter(pl.col("metric") == "er_by_play", pl.col("platform") == "douyin")
            .group_by("metric")
            .agg(pl.col("numerator").sum(), pl.col("denominator").sum())
        ),
        [("er_by_play", 50.0, 5500.0)],
    ),
    "Chinese text and booleans": (
        "select title, is_original, is_deleted, published_at from marts.dim_post "
        "where title = '笔记'",
        lambda read: read("marts.dim_post").query("title == '笔记'")[
            ["title", "is_original", "is_deleted", "published_at"]
        ],
        lambda read: (
            read("marts.dim_post")
            .filter(pl.col("title") == "笔记")
            .select("title", "is_original", "is_deleted", "published_at")
        ),
        [("笔记", None, False, noon(1))],
    ),
    "goals of a phase, never with those of the campaign": (
        "select goal_key, status, owner_name, as_of_date from kpi.goal_status "
        "where level = 'phase' and metric = 'net_gmv'",
        lambda read: read("kpi.goal_status").query("level == 'phase' and metric == 'net_gmv'")[
            ["goal_key", "status", "owner_name", "as_of_date"]
        ],
        lambda read: (
            read("kpi.goal_status")
            .filter(pl.col("level") == "phase", pl.col("metric") == "net_gmv")
            .select("goal_key", "status", "owner_name", "as_of_date")
        ),
        [
            (
                "dy_newprod/p3/net_gmv/order_date/shop=douyin_shop_main",
                *("at_risk", "运营一组", date(2026, 5, 10)),
            )
        ],
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One release for real; its link, its Parquet folder, its server."""
    home = tmp_path_factory.mktemp("release")
    with started_postgresql() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMARK_HASH_SECRET", "of the test")
        patch.setenv("AIRFLOW_CONN_TIDEMARK_BI", server.connection())
        found = site_of(home, "05-11")
        url = (home / "published" / "parquet").as_uri()
        settings = replace(found.settings, parquet_url=url, postgresql="tidemark_bi")
        site = replace(found, settings=settings)
        land_history(site)
        plan = make_plan(site)
        build_candidate(site, plan.plan_id)
        audit_candidate(site, plan.plan_id)
        release_id = publish_candidate(site, plan.plan_id)
        current = site.settings.published_dir / "parquet" / "current"
        yield SimpleNamespace(
            home=home,
            link=link_path(site.settings),
            current=current,
            release_id=release_id,
            server=f"host={server.folder} user=postgres dbname=postgres",
        )


@pytest.fixture(scope="module")
def spark(world):
    pytest.importorskip("pyspark", reason="the dependency group spark is not installed")
    with clients.spark_over(world.current, world.home, READ_BY_SPARK) as session:
        yield session


@pytest.fixture(params=QUESTIONS)
def question(request):
    sql, pandas, polars, answer = QUESTIONS[request.param]
    return SimpleNamespace(sql=sql, pandas=pandas, polars=polars, answer=answer)


@pytest.mark.parametrize("client", ["duckdb", "sqlalchemy"])
def test_the_release_file_answers(world, question, client):
    ask = {"duckdb": clients.ask_duckdb, "sqlalchemy": clients.ask_sqlalchemy}[client]

    found = ask(world.link, question.sql)

    assert found == question.answer
    assert [list(map(type, row)) for row in found] == [
        list(map(type, row)) for row in question.answer
    ]


def test_the_server_answers(world, question):
    found = clients.ask_postgresql(world.server, question.sql)

    assert found == question.answer
    assert [list(map(type, row)) for row in found] == [
        list(map(type, row)) for row in question.answer
    ]


def test_the_recipe_for_psql_does_what_it_says(world):
    page = (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    sql = re.search(r"^### psql\n.*?then `(.*?)`", page, re.MULTILINE | re.DOTALL)[1]

    found = clients.ask_psql(world.server, sql)

    expected = clients.ask_duckdb(world.link, sql)
    assert len(expected) > 1
    assert sorted((key, status) for key, status, _ in found) == sorted(
        (key, status) for key, status, _ in expected
    )


def test_the_server_holds_every_row_of_every_table_and_what_is_said_of_it(world):
    tables = {name for name, *_ in clients.ask_duckdb(world.link, clients.COLUMNS)}

    differing = [
        name
        for name in tables
        if Counter(clients.ask_duckdb(world.link, f"from {name}"))
        != Counter(clients.ask_postgresql(world.server, f"select * from {name}"))
    ]

    said = clients.ask_duckdb(world.link, clients.COMMENTS)
    assert len(tables) > 40
    assert differing == []
    assert len(said) > 400
    assert sorted(clients.ask_postgresql(world.server, clients.COMMENTS_OF_SERVER)) == sorted(said)


def test_the_parquet_release_answers_duckdb(world, question):
    assert clients.ask_duckdb_over_parquet(world.current, question.sql) == question.answer


def test_the_parquet_release_answers_pandas(world, question):
    frame = question.pandas(lambda table: clients.read_pandas(world.current, table))

    assert clients.pandas_rows(frame) == question.answer


def test_the_parquet_release_answers_polars(world, question):
    frame = question.polars(lambda table: clients.read_polars(world.current, table)).collect()

    assert frame.rows() == question.answer


def test_the_parquet_release_answers_spark(spark, question):
    found = [tuple(row) for row in spark.sql(question.sql).collect()]

    assert [tuple(map(aware, row)) for row in found] == question.answer


def aware(value):
    """Return a moment with its zone; Spark gives the wall time of this machine's zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


TYPES_IN = {
    "duckdb": lambda world, _: clients.types_in_release_file(
        clients.ask_duckdb(world.link, clients.COLUMNS)
    ),
    "sqlalchemy": lambda world, _: clients.types_in_release_file(
        clients.ask_sqlalchemy(world.link, clients.COLUMNS)
    ),
    "pandas": lambda world, _: clients.types_in_pandas(world.current),
    "polars": lambda world, _: clients.types_in_polars(world.current),
    "postgresql": lambda world, _: clients.types_in_postgresql(world.server),
    "spark": lambda world, request: clients.types_in_spark(
        request.getfixturevalue("spark"), READ_BY_SPARK
    ),
}


@pytest.mark.parametrize("client", TYPES_IN)
def test_every_column_has_the_type_that_its_model_declares(world, request, client):
    expected = {
        f"{schema}.{name}": [
            (c["name"], c["data_type"].replace("18, 2", "18,2")) for c in model["columns"]
        ]
        for name, (schema, model) in published_models().items()
    }

    found = TYPES_IN[client](world, request)

    assert len(expected) > 40
    assert found == {name: expected[name] for name in found}
    assert set(found) == (set(READ_BY_SPARK) if client == "spark" else set(expected))


def recipe(tool):
    """Return the program of a recipe in docs/bi.md."""
    page = (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    return re.search(rf"^### {tool}\n.*?```python\n(.*?)```", page, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def beside_data(world, tmp_path, monkeypatch):
    """Stand where the recipes' paths begin."""
    (tmp_path / "data").symlink_to(world.home)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("tool", ["DuckDB", "SQLAlchemy", "pandas", "Polars"])
def test_a_recipe_for_python_does_what_it_says(beside_data, tool):
    names = {}

    exec(recipe(tool), names)

    assert names["paid"] == Decimal("720.00")


def test_a_recipe_for_spark_does_what_it_says(beside_data, spark):
    names = {}

    exec(recipe("Spark"), names)

    assert names["paid"] == Decimal("720.00")
