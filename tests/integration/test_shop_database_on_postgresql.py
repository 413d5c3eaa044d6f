"""Orders of a shop pulled from a real PostgreSQL."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from extractors.core.lake import open_lake
from extractors.core.model import Account, Window
from extractors.core.run import extract
from extractors.platforms.shop_database import PLATFORM
from tests.markers import everything_said
from tests.postgresql import Postgresql, started_postgresql
from tests.shop_site import newest_rows
from tidemark.settings import Settings

TABLE = {
    "name": "erp.order_lines",
    "columns": {
        "order_id": "order_no",
        "line_id": "line_no",
        "buyer_id": "member",
        "status": "state",
        "created_at": "created",
        "updated_at": "modified",
        "paid_at": "paid",
        "units": "qty",
        "paid_cny": {"column": "amount_fen", "unit": "分"},
    },
    "values": {"status": {1: "unpaid", 2: "paid", 9: "cancelled"}},
}
SHOP = Account("erp", "shop_database", "1", "天猫店", "acme", kind="shop", options={"table": TABLE})
CREATE = """
drop schema if exists erp cascade;
create schema erp;
create table erp.order_lines (
    order_no bigint, line_no int, member text, state int, created timestamptz,
    modified timestamptz, paid timestamptz, qty int, amount_fen numeric, receiver text,
    primary key (order_no, line_no)
);
insert into erp.order_lines values
    (1, 1, '林小满', 2, '2026-04-14 23:58+08', '2026-04-14 23:59:59.5+08',
     '2026-04-14 23:59+08', 1, 8000, '张三'),
    (1, 2, '林小满', 2, '2026-04-14 23:58+08', '2026-04-14 23:59:59.5+08',
     '2026-04-14 23:59+08', 2, 1250, '张三'),
    (2, 1, '周一', 1, '2026-04-15 00:00+08', '2026-04-15 00:00+08', null, 1, 0, '李四'),
    (3, 1, '周一', 2, '2026-04-13 10:00+08', '2026-04-13 10:00+08',
     '2026-04-13 10:00+08', 1, 500, '李四');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    with started_postgresql() as found:
        found.run("create role reader login", "create role locked login password 'another'")
        found.ask_password_of("locked")
        yield found


@pytest.fixture
def shop(server, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test")
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_ERP", server.connection())
    server.run(CREATE)
    return server


@pytest.fixture
def home(tmp_path):
    return tmp_path


def pull(home: Path, since: int, until: int, account: Account = SHOP, *, lookback: bool = False):
    now = datetime(2026, 4, until + 1, 1, tzinfo=UTC)
    settings = Settings(home, home / "config", (home / "lake").as_uri(), lambda: now)
    window = Window(date(2026, 4, since), date(2026, 4, until))
    lake = open_lake(settings.lake_url)
    return extract(PLATFORM, [account], window, lake=lake, settings=settings, lookback=lookback)


def landed(home: Path):
    lake = open_lake((home / "lake").as_uri())
    rows = newest_rows(lake, "shop_database", "orders")
    return {(row["order_id"], row["line_id"]): row for row in rows}


def with_table(**changes):
    return replace(SHOP, options={"table": {**TABLE, **changes}})


def with_columns(**changes):
    return with_table(columns={**TABLE["columns"], **changes})


def test_a_declared_table_lands_in_our_units_words_and_days(shop, home):
    report = pull(home, 14, 15)

    rows = landed(home)
    assert report.error() is None
    assert report.counts() == {"rows": 3, "ok": 2}
    assert rows.keys() == {("1", "1"), ("1", "2"), ("2", "1")}
    first = rows["1", "2"]
    assert (first["dt"], first["status"], first["units"]) == (date(2026, 4, 14), "paid", 2)
    assert first["paid_cny"] == Decimal("12.50")
    assert first["paid_at"] == datetime(2026, 4, 14, 15, 59, tzinfo=UTC)
    assert first["updated_at"] == datetime(2026, 4, 14, 15, 59, 59, 500_000, tzinfo=UTC)
    assert rows["2", "1"]["dt"] == date(2026, 4, 15)
    assert rows["2", "1"]["status"] == "unpaid"


def test_buyers_are_hashed_and_what_is_not_mapped_stays_in_the_database(shop, home):
    pull(home, 14, 15)

    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    buyers = {key: row["buyer_id"] for key, row in landed(home).items()}
    assert buyers["1", "1"] == buyers["1", "2"] != buyers["2", "1"]
    assert [name for name in ("林小满", "周一", "张三", "李四") if name.encode() in kept] == []


def test_only_what_changed_is_read_and_the_last_change_wins(shop, home):
    pull(home, 14, 15)
    shop.run(
        "update erp.order_lines set state = 9, modified = '2026-04-16 09:00+08' where order_no = 1"
    )

    report = pull(home, 16, 16)

    rows = landed(home)
    assert report.counts() == {"rows": 2, "ok": 1}
    assert (rows["1", "1"]["status"], rows["2", "1"]["status"]) == ("cancelled", "unpaid")


def test_a_transaction_that_ended_late_is_found_by_the_look_back(shop, home):
    pull(home, 14, 15)
    shop.run(
        "insert into erp.order_lines values (7, 1, null, 2, '2026-04-14 12:00+08',"
        " '2026-04-14 12:00+08', '2026-04-14 12:00+08', 1, 900, null)"
    )

    report = pull(home, 16, 16, lookback=True)

    assert report.error() is None
    assert landed(home)["7", "1"]["dt"] == date(2026, 4, 14)


def test_an_order_that_changed_after_midnight_still_counts_for_its_day(shop, home):
    shop.run("update erp.order_lines set modified = '2026-04-16 08:00+08' where order_no = 2")
    shop.run("update erp.order_lines set created = '2026-04-16 07:00+08' where order_no = 3")
    shop.run("update erp.order_lines set modified = '2026-04-16 08:00+08' where order_no = 3")

    pull(home, 14, 15)

    rows = landed(home)
    assert rows["2", "1"]["dt"] == date(2026, 4, 15)
    assert ("3", "1") not in rows


def test_a_view_with_plain_timestamps_is_read_in_its_declared_zone(shop, home):
    shop.run(
        "create view erp.lines_utc as select order_no, line_no, amount_fen,"
        " created at time zone 'UTC' as created, modified at time zone 'UTC' as modified"
        " from erp.order_lines"
    )
    columns = {
        "order_id": "order_no",
        "line_id": "line_no",
        "created_at": {"column": "created", "time_zone": "UTC"},
        "updated_at": {"column": "modified", "time_zone": "UTC"},
        "paid_cny": {"column": "amount_fen", "unit": "分"},
    }

    report = pull(home, 14, 14, with_table(name="erp.lines_utc", columns=columns, values={}))

    rows = landed(home)
    assert report.counts() == {"rows": 2, "ok": 1}
    assert rows["1", "1"]["created_at"] == datetime(2026, 4, 14, 15, 58, tzinfo=UTC)
    assert rows["1", "1"]["status"] is None


def test_a_word_that_is_not_declared_costs_its_row_only(shop, home):
    shop.run("update erp.order_lines set state = 5 where order_no = 1 and line_no = 1")

    report = pull(home, 14, 15)

    (kept,) = (home / "lake").rglob("quarantine/**/*.jsonl")
    assert report.error() is None
    assert report.landed[0].quarantined == 1
    assert landed(home).keys() == {("1", "2"), ("2", "1")}
    assert "bad_value: status" in kept.read_text()
    assert "'5'" in kept.read_text()


def test_lines_that_nothing_tells_apart_fail_instead_of_being_lost(shop, home):
    columns = {name: said for name, said in TABLE["columns"].items() if name != "line_id"}

    report = pull(home, 14, 15, with_table(columns=columns))

    assert {record.status for _, record in report.slices()} == {"failed"}
    assert "order 1 comes twice" in str(report.error())
    assert "line_id" in str(report.error())


def failing(kind: str, account: Account, home: Path) -> str:
    report = pull(home, 14, 15, account)
    error = report.error()
    assert type(error).__name__ == kind
    assert {record.status for _, record in report.slices()} == {"failed"}
    return everything_said(error)


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (with_table(name="erp.order_line"), "no table or view erp.order_line"),
        (with_columns(status="stat"), "has no column 'stat'; is 'state' meant?"),
        (with_columns(updated_at="qty"), "erp.order_lines.qty is INTEGER, no timestamp"),
        (with_table(name=None), "options.table.name: names no table"),
        (with_columns(status={"header": "state"}), "unknown field 'header'; there are column"),
    ],
    ids=["table", "column", "type", "no name", "detail"],
)
def test_a_wrong_mapping_names_what_is_there(shop, home, account, told):
    assert told in failing("MappingWrong", account, home)


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"schema": "nowhere"}, "AuthError", 'database "nowhere" does not exist'),
        ({"login": "nobody"}, "AuthError", 'role "nobody" does not exist'),
        ({"login": "reader", "password": "planted-secret"}, "AuthError", "permission denied"),
        ({"login": "locked", "password": "planted-secret"}, "AuthError", "authentication failed"),
        ({"host": "127.0.0.1", "port": 1}, "Transient", "port 1 failed"),
        ({"conn_type": "oracle"}, "AuthError", "conn_type 'oracle' is no known database"),
        ({"extra": {"driver": "mysql+pymysql"}}, "AuthError", "is not installed here"),
    ],
    ids=["database", "role", "rights", "password", "address", "kind", "driver"],
)
def test_a_login_that_cannot_read_is_told_without_its_secret(
    shop, home, monkeypatch, changes, kind, told
):
    shop.run("grant usage on schema erp to public")
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_ERP", shop.connection(**changes))

    said = failing(kind, SHOP, home)

    assert told in said
    assert "planted-secret" not in said


def test_another_database_is_read_by_the_driver_that_its_connection_names(home, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test")
    path = home / "erp.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("create table lines (no text, at date, changed datetime, yuan text)")
        other.execute(
            "insert into lines values ('A-1', '2026-04-14', '2026-04-14 23:59:59', '1,234.50')"
        )
    said = {"conn_type": "generic", "schema": str(path), "extra": {"driver": "sqlite"}}
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_ERP", json.dumps(said))
    columns = {"order_id": "no", "created_at": "at", "updated_at": "changed", "paid_cny": "yuan"}

    report = pull(home, 14, 15, with_table(name="lines", columns=columns, values={}))

    assert report.error() is None
    assert landed(home)["A-1", ""]["paid_cny"] == Decimal("1234.50")
    assert landed(home)["A-1", ""]["dt"] == date(2026, 4, 14)
