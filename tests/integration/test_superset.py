"""The Superset boards in a real browser, over a release in DuckDB's file and in PostgreSQL."""

import psycopg
import pytest
from playwright.sync_api import expect

from bi.superset.declared import boards
from expectations.suites import load_suites
from tests import bi_world, clients
from tests import superset_pages as pages
from tests.chromium import browser
from tests.superset_world import READER, superset_world

pytestmark = pytest.mark.slow

DATABASES = ("duckdb", "postgresql")
COUNT = "select count(*) from ops."

#: board: figure on it, and the same counted from the facts below the mart that it reads
FIGURES = {
    "users": {
        "新增粉丝 New followers": "select sum(new_followers) from marts.fct_account_day",
        "取关 Unfollows": "select sum(unfollows) from marts.fct_account_day",
        "取关率 Unfollow rate": "select sum(unfollows) / sum(new_followers) "
        "from marts.fct_account_day where unfollows is not null",
    },
    "content": {
        "内容数 Posts": "select count(*) from marts.dim_post",
        "曝光 Exposures": "select sum(plays) from marts.fct_post_day",
        "互动 Engagements": "select sum(likes + comments + shares) from marts.fct_post_day",
    },
    "interactions": {
        "收到评论 Comments received": "select count(*) from marts.fct_reply_item",
        "评论 Comments": "select sum(comments) from marts.fct_account_day",
    },
    "conversions": {
        "支付订单 Orders": "select count(*) from marts.fct_order",
        "支付金额 Paid (CNY)": "select sum(paid_cny) from marts.fct_order",
        "净额 Net by refund date": "select (select sum(paid_cny) from marts.fct_order) - "
        "(select sum(refund_cny) from marts.fct_refund)",
        "客单价 Average order (CNY)": "select avg(paid_cny) from marts.fct_order",
    },
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Superset over one release in both databases."""
    with superset_world(tmp_path_factory.mktemp("superset")) as made:
        yield made


@pytest.fixture(scope="module")
def page(world):
    with browser() as running:
        yield pages.logged_in(running, world.superset)


@pytest.fixture(scope="module")
def seen(world, page):
    """Look at all six boards over the release file, one after the other."""
    return {board: pages.look_at(page, world.superset, board) for board in boards()}


def ask(world, sql):
    return clients.ask_duckdb(world.link, sql)


def one(world, sql):
    [(value,)] = ask(world, sql)
    return value


@pytest.mark.parametrize("board", boards())
def test_every_chart_of_a_board_is_drawn_with_data(seen, board):
    expected = {chart["title"] for chart in boards()[board]["charts"].values()}

    found = seen[board]

    assert set(found.texts) == expected | {"发布与截止日 Release and as of"}
    assert found.undrawn == []
    assert {answer.status for answer in found.answers.values()} == {200}
    assert len(found.answers) == len(found.texts)
    assert [title for title, answer in found.answers.items() if not answer.rows] == []


def test_a_board_talks_to_no_other_machine(seen):
    assert {host for board in seen.values() for host in board.hosts} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("board", "title"), [(board, title) for board, said in FIGURES.items() for title in said]
)
def test_a_figure_on_the_page_is_what_the_facts_add_up_to(world, seen, board, title):
    expected = one(world, FIGURES[board][title])

    assert pages.figure(seen[board].texts[title]) == pytest.approx(float(expected), abs=0.0005)


def test_every_board_and_every_table_on_it_carries_its_release(world, seen):
    for board, found in seen.items():
        assert f"{world.release_id}\t2026-05-10" in found.texts["发布与截止日 Release and as of"]
        tables = {
            title: answer.rows
            for title, answer in found.answers.items()
            if answer.request["form_data"]["viz_type"] == "table"
        }
        assert len(tables) >= 2, board
        for title, rows in tables.items():
            text = found.texts[title]
            assert text.count(world.release_id) + text.count("2026-05-10") >= len(rows), title


def test_goals_of_a_phase_and_of_the_campaign_are_never_counted_together(world, seen):
    levels = dict(ask(world, "select level, count(*) from kpi.goal_status group by level"))

    found = {title: rows_of(seen["goals"], title) for title in seen["goals"].texts}

    assert levels == {"phase": 20, "campaign": 4}
    assert len(found["阶段目标 Phase goals"]) == 20
    assert len(found["活动目标 Campaign goals"]) == 4
    statuses = found["阶段目标状态 Phase goals by status"]
    assert {row["status_name"]: row["goals"] for row in statuses} == {
        "已达成 met": 1,
        "正常 on track": 3,
        "有风险 at risk": 6,
        "未达成 missed": 4,
        "无数据 no data": 6,
    }


def test_the_board_of_data_health_counts_what_the_release_says(world, seen):
    names = {"缺失 missing": "missing", "有数据 ok": "ok", "无内容 empty": "empty"}
    by_status = dict(ask(world, "select status, count(*) from ops.source_day group by status"))

    slices = rows_of(seen["health"], "切片状态 Slices by status")
    gates = rows_of(seen["health"], "质检结果 Gate results")
    sources = rows_of(seen["health"], "时效 Freshness")

    assert {names[row["status_name"]]: row["slices"] for row in slices} == by_status
    declared = sum(len(suite.checks) for suite in load_suites("marts").values())
    assert sum(row["checks"] for row in gates) == one(world, COUNT + "gate_result") == declared
    assert len(sources) == one(world, COUNT + "freshness") > 20


def test_goals_open_with_the_curve_of_the_running_goal_that_is_furthest_behind(world, seen):
    goal = "acme/p3/net_gmv/order_date/shop=shop_acme"
    expected = ask(
        world,
        "select date, actual_cumulative, expected_cumulative, target from kpi.goal_curve "
        f"where goal_key = '{goal}' order by date",
    )

    rows = rows_of(seen["goals"], "实际与计划 Actual versus expected")

    names = ("实际 Actual", "计划 Expected", "目标值 Target")
    assert len(rows) == len(expected) == 31
    assert [tuple(row[name] for name in names) for row in rows] == [row[1:] for row in expected]


def rows_of(board, title):
    """Return what a chart of a board was told."""
    return board.answers[title].rows


#: filters, one after the other, a figure, and what it then says: counted by hand from the world
CHOICES = {
    "conversions": [
        ("brand", "bolt", "支付金额 Paid (CNY)", "10,800.00", "brand_key = 'bolt'"),
        ("phase", "p3", "支付金额 Paid (CNY)", "7,200.00", "brand_key = 'bolt' and {p3}"),
    ],
    "users": [
        ("campaign", "acme", "取关 Unfollows", "240", "brand_key = 'acme'"),
        ("platform", "wechat", "取关 Unfollows", "90", "platform = 'wechat'"),
    ],
}
BASES = {
    "conversions": "select sum(paid_cny) from marts.fct_order where ",
    "users": "select sum(unfollows) from marts.mart_users where ",
}


@pytest.mark.parametrize("board", CHOICES)
def test_a_filter_changes_the_numbers_to_those_of_its_rows(world, page, seen, board):
    pages.look_at(page, world.superset, board)
    for name, option, title, shown, condition in CHOICES[board]:
        condition = condition.format(p3="paid_on between date '2026-05-01' and date '2026-05-31'")
        before = seen[board].texts[title].strip()

        pages.choose(page, board, name, option)

        assert shown != before
        expect(pages.chart(page, title)).to_have_text(shown, timeout=30_000)
        assert pages.figure(shown) == float(one(world, BASES[board] + condition))


def test_the_filter_by_date_leaves_the_days_that_it_names(world, page):
    title, days = "支付订单 Orders", "2026-05-05 : 2026-05-08"
    of_days = "paid_on >= date '2026-05-05' and paid_on < date '2026-05-08'"

    found = pages.look_at(page, world.superset, "conversions", query=pages.dated(days))

    assert found.undrawn == []
    assert found.texts[title].strip() == "18"
    assert one(world, f"select count(*) from marts.fct_order where {of_days}") == 18


def test_a_board_over_postgresql_shows_the_same(world, page, seen):
    found = pages.look_at(page, world.superset, "conversions", suffix="-postgresql")

    assert pages.lines(found) == pages.lines(seen["conversions"])
    assert found.undrawn == []
    assert found.hosts == {"127.0.0.1"}


@pytest.mark.parametrize("board", boards())
def test_every_chart_is_told_the_same_by_postgresql(world, seen, board):
    for answer in seen[board].answers.values():
        other = world.superset.ask(world.uris["postgresql"], answer.request)

        assert other.status == 200, answer.title
        assert pages.plain(other.rows) == pages.plain(answer.rows), answer.title


QUERIES = (
    "select account_key, count(*) as orders, sum(paid_cny) as paid_cny from marts.fct_order "
    "group by account_key order by account_key",
    "select goal_key, status from kpi.goal_status where level = 'phase' order by goal_key",
    "select release_id, as_of_date from ops.release",
)


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("sql", QUERIES, ids=["money", "goals", "release"])
def test_sql_lab_answers_as_the_database_does(world, database, sql):
    expected = {
        "duckdb": lambda: clients.ask_duckdb(world.link, sql),
        "postgresql": lambda: clients.ask_postgresql(world.reader, sql),
    }[database]()

    answer = world.superset.sql_lab(world.uris[database], sql)

    assert answer.status_code == 200
    found = [tuple(row.values()) for row in answer.json()["data"]]
    assert len(found) >= 1
    assert [tuple(map(pages.as_json, row)) for row in expected] == found


@pytest.mark.parametrize("database", DATABASES)
def test_sql_lab_refuses_to_write(world, database):
    answer = world.superset.sql_lab(world.uris[database], "delete from marts.fct_order")

    assert answer.status_code >= 400
    assert "errors" in answer.json()
    assert one(world, "select count(*) from marts.fct_order") == 90


def test_superset_reads_postgresql_as_the_role_that_cannot_write(world):
    sql = (
        "select distinct grantee::text as who, privilege_type::text as may "
        "from information_schema.table_privileges where table_schema in ('marts', 'kpi', 'ops')"
    )

    answer = world.superset.sql_lab(world.uris["postgresql"], sql)

    assert answer.json()["data"] == [{"who": "tidemark_bi", "may": "SELECT"}]
    with psycopg.connect(world.reader) as reader:
        reader.execute("set default_transaction_read_only = off")
        reader.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("delete from marts.fct_order")


def test_superset_speaks_the_language_that_is_set_and_another_by_the_flag(world, page):
    bar = page.locator("[data-test=navbar-top]")
    page.goto(f"{world.superset.base}/dashboard/list/")
    at_first = bar.inner_text()
    page.goto(f"{world.superset.base}/lang/en")
    page.goto(f"{world.superset.base}/dashboard/list/")
    switched = bar.inner_text()
    page.goto(f"{world.superset.base}/lang/zh")

    assert "看板" in at_first
    assert "Dashboards" in switched


def test_an_import_again_changes_nothing_and_starts_no_superset(world):
    before = changes(world)

    said = world.import_again()

    assert "boards are imported as declared" in said
    assert {what: len(found) for what, found in before.items()} == {
        "dataset": 30,
        "chart": 104,
        "dashboard": 12,
    }
    assert changes(world) == before


def changes(world):
    """Return when each asset was last changed."""
    return {
        what: {one["id"]: one["changed_on_utc"] for one in world.superset.listed(what)}
        for what in ("dataset", "chart", "dashboard")
    }


def test_no_password_is_printed_or_kept_beside_superset(world):
    said = world.import_again() + (world.bi_home / "make.log").read_text()
    kept = [path for path in world.bi_home.iterdir() if READER in path.read_text(errors="replace")]

    assert "imported into Tidemark postgresql" in said
    assert READER not in said
    assert kept == []


def test_what_was_changed_in_superset_is_put_back_by_the_next_import(world):
    chart = world.superset.listed("chart")[0]
    address = f"{world.superset.base}/api/v1/chart/{chart['id']}"
    renamed = world.superset.session.put(address, json={"slice_name": "mine"}, timeout=30)
    assert renamed.ok

    said = world.import_again()

    found = world.superset.session.get(address, timeout=30).json()["result"]
    assert "imported into Tidemark duckdb" in said
    assert found["slice_name"] == chart["slice_name"]


def test_a_newer_release_is_seen_by_the_next_question(world, seen):
    orders = seen["conversions"].answers["支付订单 Orders"].request
    release = seen["conversions"].answers["发布与截止日 Release and as of"].request
    more = "update marts.mart_conversions set orders = orders + 1 where orders is not null"

    before = {name: shown(world, uri, orders, release) for name, uri in world.uris.items()}
    newer = bi_world.publish_amended(world.site, more)
    after = {name: shown(world, uri, orders, release) for name, uri in world.uris.items()}

    assert before == dict.fromkeys(DATABASES, (90, world.release_id))
    assert after == dict.fromkeys(DATABASES, (120, newer))
    assert newer > world.release_id
    assert world.superset.open_files() == []
    idle = "select count(*) from pg_stat_activity where usename = 'superset'"
    with psycopg.connect(host=str(world.server.folder), user="postgres") as owner:
        assert owner.execute(idle).fetchone() == (0,)


def shown(world, uri, orders, release):
    """Return the orders and the release that charts show over a database now."""
    [counted] = world.superset.ask(uri, orders).rows
    [named] = world.superset.ask(uri, release).rows
    return counted["orders_sum"], named["release_id"]
