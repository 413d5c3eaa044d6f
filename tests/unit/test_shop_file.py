"""Orders of any shop by file: the account declares how it reads."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from extractors.core.drops import process_drops
from extractors.core.errors import FileRefused, MappingWrong
from extractors.core.exports import parse_file
from extractors.core.lake import open_lake
from extractors.core.mapping import kinds_of
from extractors.core.model import Account
from tests.command_line import commands
from tidemark.settings import Settings

NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)
MAPPING = {
    "columns": {
        "order_id": "订单编号",
        "line_id": "子订单",
        "buyer_id": "会员名",
        "created_at": {"header": "下单时间", "formats": ["%d/%m/%Y %H:%M"]},
        "status": "订单状态",
        "units": "数量",
        "paid_cny": {"header": "实付", "unit": "分"},
    },
    "values": {"status": {"交易成功": "finished", "等待付款": "unpaid"}},
}
SHOP = Account("erp", "shop_file", "1", "天猫店", "acme", kind="shop", options={"file": MAPPING})
HEADER = "订单编号,子订单, 实付 ,会员名,下单时间,订单状态,数量,收件人"
FIRST = '0001,1,"1,234,500",林小满,01/04/2026 23:59,交易成功,"1,000",张三'
SECOND = "0002,1,0,林小满,03/04/2026 00:00,等待付款,1,张三"


def with_file(**changes):
    return replace(SHOP, options={"file": {**MAPPING, **changes}})


def with_columns(**changes):
    return with_file(columns={**MAPPING["columns"], **changes})


def parse(*rows, account=SHOP, encoding="utf-8", name="orders_20260417.csv", header=HEADER):
    content = "\n".join([header, *rows]).encode(encoding)
    return parse_file(name, content, NOW, kinds_of(account))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_declared_export_is_read_in_its_units_and_words(encoding):
    parsed = parse(FIRST, SECOND, encoding=encoding)

    assert (parsed.platform.name, parsed.stream.name) == ("shop_file", "orders")
    first = parsed.rows[0]
    assert first["order_id"] == "0001"
    assert first["paid_cny"] == Decimal("12345.00")
    assert first["units"] == 1000
    assert first["created_at"] == datetime(2026, 4, 1, 15, 59, tzinfo=UTC)
    assert first["status"] == "finished"
    assert first["product_id"] is None
    assert "收件人" not in str(first.values())


def test_the_file_covers_the_days_from_its_first_row_to_its_last():
    window = parse(FIRST, SECOND).window

    assert (window.since, window.until) == (date(2026, 4, 1), date(2026, 4, 3))


def test_another_time_zone_is_declared():
    column = {"header": "下单时间", "formats": ["%d/%m/%Y %H:%M"], "time_zone": "UTC"}

    parsed = parse(FIRST, account=with_columns(created_at=column))

    assert parsed.rows[0]["created_at"] == datetime(2026, 4, 1, 23, 59, tzinfo=UTC)
    assert parsed.window.since == date(2026, 4, 2)


def test_an_encoding_that_the_bytes_do_not_tell_is_declared():
    with pytest.raises(FileRefused):
        parse(FIRST, encoding="utf-16-le")

    parsed = parse(FIRST, account=with_file(encoding="utf-16-le"), encoding="utf-16-le")

    assert parsed.rows[0]["paid_cny"] == Decimal("12345.00")


def test_an_unknown_encoding_refuses_the_file():
    with pytest.raises(FileRefused, match="nor text in klingon"):
        parse(FIRST, account=with_file(encoding="klingon"))


def test_an_order_without_lines_is_one_line():
    columns = {name: said for name, said in MAPPING["columns"].items() if name != "line_id"}

    parsed = parse(FIRST, SECOND, account=with_file(columns=columns))

    assert [row["line_id"] for row in parsed.rows] == ["", ""]


REFUSED = {
    "a word that the mapping lacks": (
        (FIRST.replace("交易成功", "已签收"),),
        r"row 2, column F \(订单状态\): '已签收' is none of 交易成功, 等待付款; add it",
    ),
    "a date of another format": (
        (FIRST.replace("01/04/2026 23:59", "2026-04-01"),),
        r"column E \(下单时间\): '2026-04-01' is not written as %d/%m/%Y %H:%M",
    ),
    "an amount that is none": (
        (FIRST.replace('"1,234,500"', "免费"),),
        r"column C \(实付\): '免费' it is not a number",
    ),
    "half a fen": ((FIRST.replace('"1,234,500"', "0.5"),), "it has more than 2 decimals"),
    "a row without amount": ((FIRST.replace('"1,234,500"', ""),), "is empty, every row needs it"),
    "a line twice": ((FIRST, FIRST), "row 3: 0001/1 is already in row 2; map a column"),
    "rows years apart": (
        (FIRST, SECOND.replace("2026", "2023")),
        "more than 800 days apart",
    ),
}


@pytest.mark.parametrize(("rows", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_refuses_the_file_with_its_place(rows, told):
    with pytest.raises(FileRefused, match=told):
        parse(*rows)


def test_a_header_that_is_gone_is_named_with_the_nearest():
    with pytest.raises(FileRefused, match=r"实付 is missing.*'实付金额', is it 实付"):
        parse(FIRST, header=HEADER.replace(" 实付 ", "实付金额"))


WRONG = {
    "no mapping": (replace(SHOP, options={}), "options.file: is no mapping"),
    "an unknown part": (with_file(colums={}), "options.file: unknown field 'colums'; there are"),
    "an unknown field": (with_columns(price="x"), r"\.columns: unknown field 'price'"),
    "a needed field left out": (
        with_file(columns={"order_id": "订单编号"}, values={}),
        r"\.columns: lacks created_at, paid_cny; map them",
    ),
    "an unknown unit": (
        with_columns(paid_cny={"header": "实付", "unit": "美元"}),
        r"\.columns\.paid_cny: unknown unit '美元'; write one of 元, 角, 分",
    ),
    "an unknown zone": (
        with_columns(created_at={"header": "下单时间", "time_zone": "Mars"}),
        r"\.columns\.created_at: unknown time zone 'Mars'",
    ),
    "no header": (with_columns(units={"unit": "元"}), r"\.columns\.units: names no header"),
    "values of a column that is not mapped": (
        with_file(values={"colour": {}}),
        r"\.values: unknown field 'colour'",
    ),
}


def test_a_row_without_order_number_refuses_the_file():
    with pytest.raises(FileRefused, match=r"row 3, column A \(订单编号\): is empty, every row"):
        parse(FIRST, SECOND.removeprefix("0002"))


@pytest.mark.parametrize(("account", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_mapping_names_account_field_and_remedy(account, told):
    with pytest.raises(MappingWrong, match=told) as caught:
        kinds_of(account)

    assert "config/accounts.yml: account erp" in str(caught.value)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test")
    return Settings(tmp_path, tmp_path / "config", (tmp_path / "lake").as_uri(), lambda: NOW)


def drop(settings, *rows, name="orders_20260417.csv", account=SHOP):
    folder = settings.inbox / "erp"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([HEADER, *rows]))
    (outcome,) = process_drops(
        settings, open_lake(settings.lake_url), [account], stable_seconds=0
    ).files
    return outcome


def test_a_dropped_export_lands_with_the_buyer_hashed_and_nobody_else(settings):
    outcome = drop(settings, FIRST, SECOND)

    lake = open_lake(settings.lake_url)
    manifests = lake.manifests("shop_file", "orders")
    kept = b"".join(lake.read_bytes(path) for path in lake.list_files("raw"))
    statuses = {(r.dt.day, r.status) for m in manifests for r in m.slices}
    assert (outcome.outcome, outcome.rows) == ("landed", 2)
    assert statuses == {(1, "ok"), (2, "empty"), (3, "ok")}
    assert "林小满".encode() not in kept
    assert "张三".encode() not in kept


def test_a_wrong_mapping_refuses_its_own_files_only(settings):
    outcome = drop(settings, FIRST, account=replace(SHOP, options={}))

    assert outcome.outcome == "refused"
    assert "options.file" in outcome.reason


def test_a_later_export_corrects_an_order_and_an_older_one_does_not(settings):
    drop(settings, FIRST, name="orders_20260416.csv")
    drop(settings, FIRST.replace('"1,234,500"', "900"), name="orders_20260417.csv")
    drop(settings, FIRST.replace('"1,234,500"', "100"), name="orders_20260415.csv")

    lake = open_lake(settings.lake_url)
    files = [lake.address(path) for path in lake.list_files("raw")]
    newest = duckdb.sql(
        f"select paid_cny from read_parquet({files}) qualify row_number() over (partition by "
        "order_id, line_id order by _source_version desc) = 1"
    ).fetchall()
    assert newest == [(Decimal("9.00"),)]


def test_config_check_names_a_wrong_mapping(tmp_path, monkeypatch, capfd):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "accounts.yml").write_text(
        "brands:\n  - {key: acme, name: A, owner: o}\naccounts:\n"
        "  - {key: erp, platform: shop_file, id: '1', name: E, brand: acme, kind: shop}\n"
    )
    tidemark = commands(monkeypatch, capfd, TIDEMARK_CONFIG=str(folder))

    done = tidemark("config", "check")

    assert done.code != 0
    assert "erp.options.file" in done.out + done.err
