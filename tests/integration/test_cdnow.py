"""Real orders through the orders drop: repeat purchases as Fader and Hardie published them.

../shared/data/cdnow: 69,659 orders of 23,570 customers. The published summary has 2,357 of them,
numbered anew: frequency (repeat purchase days), recency and T in weeks up to 1997-09-30.
"""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime

import duckdb
import pytest

from extractors.core.drops import process_drops
from extractors.core.lake import SliceVerdict, current_rows_sql, open_lake
from extractors.core.model import Account
from extractors.core.people import People
from extractors.core.registry import find_stream
from tests.warehouse_fixture import make_build_db, query, run_dbt
from tidemark.settings import Settings

pytestmark = pytest.mark.slow

NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)
COLUMNS = {
    "order_id": "订单号",
    "buyer_id": "会员",
    "created_at": {"header": "日期", "formats": ["%Y%m%d"]},
    "units": "数量",
    "paid_cny": "金额",
}
# of another account of the house: the fixture's configuration knows it as a shop
ACCOUNT = Account(
    "douyin_shop_main", "shop_file", "1", "CD", "acme", options={"file": {"columns": COLUMNS}}
)

SUMMARY = """
with purchases as (
    select distinct buyer_key, paid_on from marts.fct_order
    where paid_on <= date '1997-09-30'
)
select
    buyer_key,
    count(*) - 1,
    round(date_diff('day', min(paid_on), max(paid_on)) / 7.0, 2),
    round(date_diff('day', min(paid_on), date '1997-09-30') / 7.0, 2)
from purchases
group by buyer_key
"""


@pytest.fixture(scope="module")
def orders(shared_data):
    """Return the rows of the file: customer, day, units, amount."""
    with gzip.open(shared_data / "cdnow" / "CDNOW_master.txt.gz", "rt") as source:
        rows = [line.split() for line in source][1:]
    assert len(rows) == 69_659
    return rows


@pytest.fixture(scope="module")
def built(orders, tmp_path_factory):
    """Drop the orders as a shop's export, and build the orders table; return paths and keys."""
    home = tmp_path_factory.mktemp("cdnow")
    settings = Settings(home, home / "config", (home / "lake").as_uri(), lambda: NOW)
    folder = settings.inbox / ACCOUNT.key
    folder.mkdir(parents=True)
    lines = [f"{n:06d},{','.join(row)}" for n, row in enumerate(orders, 1)]
    text = "\n".join(["订单号,会员,日期 ,数量,金额", *lines])
    (folder / "orders.csv").write_bytes(text.encode("gb18030"))
    lake = open_lake(settings.lake_url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMARK_HASH_SECRET", "test")
        (outcome,) = process_drops(settings, lake, [ACCOUNT], stable_seconds=0).files
        hashed = People(lake).hasher()
        keys = {customer: hashed(customer) for customer in {row[0] for row in orders}}
    assert (outcome.outcome, outcome.rows) == ("landed", len(orders)), outcome.reason
    path = make_build_db(home / "build.duckdb", {"shop_file__orders": current(lake)})
    selected = ["--select", "+fct_order"]
    run_dbt(path, "run", *selected, as_of="1998-06-30", first="1997-01-01")
    return path, keys


def current(lake):
    """Return the current rows of the stream, every slice passed by the gate."""
    stream = find_stream("shop_file", "orders")
    manifests = lake.manifests("shop_file", "orders")
    passed = [SliceVerdict(r.account_key, r.dt, True, ()) for m in manifests for r in m.slices]
    lake.write_verdict(manifests[0].batch_id, passed)
    winners = lake.current(stream, "shop_file")
    with duckdb.connect() as memory:
        memory.execute(
            "create table winners (account_key varchar, dt date, batch_id varchar, "
            "committed_at varchar)"
        )
        memory.executemany(
            "insert into winners values (?, ?, ?, ?)",
            [[w.key.account_key, w.key.dt, w.batch_id, w.committed_at] for w in winners],
        )
        files = sorted({lake.address(path) for winner in winners for path in winner.files})
        names = ", ".join(["account_key", *(field.name for field in stream.fields)])
        rows = memory.execute(f"select {names} from ({current_rows_sql(stream, files, 'winners')})")
        return rows.to_arrow_table().to_pylist()


def test_every_order_is_published_once_with_its_amount(built, orders):
    (found,) = query(built[0], "select count(*), sum(paid_cny), sum(units) from marts.fct_order")

    fen = sum(round(float(row[3]) * 100) for row in orders)
    assert found[0] == 69_659
    assert int(found[1] * 100) == fen
    assert found[2] == sum(int(row[2]) for row in orders)


def test_frequency_recency_and_age_of_every_published_buyer_are_as_published(built, shared_data):
    path, keys = built
    found = {key: (freq, recency, age) for key, freq, recency, age in query(path, SUMMARY)}
    with (shared_data / "cdnow" / "expected_customers_summary.csv").open() as source:
        expected = [
            (int(row["frequency"]), float(row["recency"]), float(row["T"]))
            for row in csv.DictReader(source)
        ]
    assert len(expected) == 2_357

    # the published buyers are numbered anew: each figure is there at least as often as published
    assert Counter(expected) <= Counter(found.values())
    assert found[keys["00004"]] == expected[0]


def test_buyers_are_told_apart_by_ids_with_leading_zeros(built):
    (found,) = query(built[0], "select count(distinct buyer_key) from marts.fct_order")

    assert found == (23_570,)
