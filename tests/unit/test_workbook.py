"""Cells, tables and headers of dropped files; what is written is what is read."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from extractors.core.cells import parse_cell
from extractors.core.errors import FileRefused
from extractors.core.exports import file_kinds, parse_file
from extractors.core.filetables import column_letter, read_tables
from extractors.core.formats import Column
from extractors.core.model import Stream
from extractors.core.registry import find_stream
from extractors.core.workbook import write_sheet, write_template

MOMENT = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(18, 2)
NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "kind", "meant"),
    [
        ("2026年03月24日17时33分05秒", MOMENT, datetime(2026, 3, 24, 9, 33, 5, tzinfo=UTC)),
        ("2026年03月24日17时33分", MOMENT, datetime(2026, 3, 24, 9, 33, tzinfo=UTC)),
        ("2026年03月24日17时", MOMENT, datetime(2026, 3, 24, 9, 0, tzinfo=UTC)),
        ("2026/3/4 7:05", MOMENT, datetime(2026, 3, 3, 23, 5, tzinfo=UTC)),
        (
            datetime(2026, 3, 5, 19, 29, 59, 999_000),
            MOMENT,
            datetime(2026, 3, 5, 11, 30, tzinfo=UTC),
        ),
        ("2026年3月1日", pa.date32(), date(2026, 3, 1)),
        (datetime(2026, 3, 1), pa.date32(), date(2026, 3, 1)),
        (20260301, pa.date32(), date(2026, 3, 1)),
        ("6.50%", pa.float64(), 0.065),
        (0.106, pa.float64(), 0.106),
        ("15.20秒", pa.float64(), 15.2),
        ("1,234,567", pa.int64(), 1_234_567),
        (12235.0, pa.int64(), 12235),
        (0, pa.int64(), 0),
        ("-", pa.int64(), None),
        ("  ", pa.int64(), None),
        (79.99999999999999, MONEY, Decimal("80.00")),
        ("3,200.5", MONEY, Decimal("3200.50")),
        (20260301, pa.string(), "20260301"),
        ("7300000000000000001", pa.string(), "7300000000000000001"),
    ],
    ids=str,
)
def test_cell_is_read_as_people_write_it(written: Any, kind: pa.DataType, meant: Any) -> None:
    column = Column("x", "列", written_units=("秒",))

    assert parse_cell(written, column, kind) == meant


@pytest.mark.parametrize(
    ("written", "kind", "complaint"),
    [
        ("1.2万", pa.int64(), "not a number"),
        (3.5, pa.int64(), "fraction"),
        (True, pa.int64(), "true or false"),
        ("2026-03-24", MOMENT, "no time"),
        (46100, MOMENT, "no time"),
        (46100, pa.date32(), "no day"),
        (datetime(2026, 3, 1, 9, 30), pa.date32(), "time of day"),
        ("2026-02-30", pa.date32(), "day"),
        ("80.005", MONEY, "decimals"),
        (7.3e18, pa.string(), "rounded by a spreadsheet"),
        (7300000000000000000, pa.string(), "rounded by a spreadsheet"),
        ("7.3E+18", pa.string(), "rounded by a spreadsheet"),
    ],
    ids=str,
)
def test_cell_that_would_lose_meaning_is_refused(
    written: Any, kind: pa.DataType, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_cell(written, Column("x", "列"), kind)


def test_choice_outside_the_list_names_the_list() -> None:
    column = Column("verdict", "结论", choices=("通过", "退回"))

    assert parse_cell("通过", column, pa.string()) == "通过"
    with pytest.raises(ValueError, match="通过, 退回"):
        parse_cell("通过了", column, pa.string())


@pytest.mark.parametrize(("number", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ")])
def test_columns_are_named_as_in_a_spreadsheet(number: int, letter: str) -> None:
    assert column_letter(number) == letter


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_text_files_are_read_in_every_usual_encoding(encoding: str) -> None:
    content = "日期,粉丝总数\n2026-03-01,100\n".encode(encoding)

    (table,) = read_tables("a.csv", content)

    assert table.rows == (("日期", "粉丝总数"), ("2026-03-01", "100"))


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"\xd0\xcf\x11\xe0 old", "save it as .xlsx"),
        (b"PK\x03\x04 cut off", "download or save it again"),
        (b"\x00\x01\xff\xfe\x80", "save it as .xlsx"),
    ],
    ids=["xls", "damaged", "binary"],
)
def test_unreadable_file_says_what_to_save_it_as(content: bytes, remedy: str) -> None:
    with pytest.raises(FileRefused, match=remedy):
        read_tables("a.xls", content)


def test_header_is_found_below_banners_and_in_any_order(tmp_path: Path) -> None:
    rows = [
        ["笔记数据", None, None],
        [None, None, None],
        ["数据起", "2026-03-01", None, "数据止", "2026-03-02"],
        ["播放 量", "\ufeff日期", "粉丝总数 "],
        [4000, "2026-03-01", 100],
    ]

    parsed = parse_file("a.xlsx", _workbook(tmp_path, rows), NOW)

    assert parsed.stream.name == "account_days"
    assert [(r["stat_date"], r["plays"], r["likes"]) for r in parsed.rows] == [
        (date(2026, 3, 1), 4000, None)
    ]


def test_misspelt_header_names_sheet_row_column_and_the_nearest_known_one(tmp_path: Path) -> None:
    rows = [
        ["数据起", "2026-03-01", "数据止", "2026-03-01"],
        ["日期", "粉丝总敌"],
        ["2026-03-01", 1],
    ]

    with pytest.raises(FileRefused) as refused:
        parse_file("a.xlsx", _workbook(tmp_path, rows), NOW)

    assert "sheet Sheet, row 2, column B: unknown header '粉丝总敌'; is it 粉丝总数?" in str(
        refused.value
    )
    assert "Expected headers: 日期, 粉丝总数" in str(refused.value)


def test_file_of_no_known_kind_lists_the_kinds(tmp_path: Path) -> None:
    content = _workbook(tmp_path, [["姓名", "部门"], ["甲", "一组"]])

    with pytest.raises(FileRefused, match=r"Known kinds: .*账号日数据"):
        parse_file("a.xlsx", content, NOW)


def test_bad_cells_are_named_all_at_once(tmp_path: Path) -> None:
    rows = [
        ["数据起", "2026-03-01", "数据止", "2026-03-03"],
        ["日期", "播放量", "点赞量"],
        ["2026-03-01", "4000", "一百"],
        ["2026-03-02", "四千", "100"],
    ]

    with pytest.raises(FileRefused) as refused:
        parse_file("a.xlsx", _workbook(tmp_path, rows), NOW)

    assert "row 3, column C (点赞量): '一百'" in str(refused.value)
    assert "row 4, column B (播放量): '四千'" in str(refused.value)


def test_formula_without_a_result_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    rows = [
        ["数据起", "2026-03-01", "数据止", "2026-03-01"],
        ["日期", "播放量"],
        ["2026-03-01", "=2000*2"],
    ]

    with pytest.raises(FileRefused, match="row 3, column B: a formula without a stored result"):
        parse_file("a.xlsx", _workbook(tmp_path, rows), NOW)


def test_doubled_column_is_refused(tmp_path: Path) -> None:
    rows = [["数据起", "2026-03-01", "数据止", "2026-03-01"], ["日期", "播放量", "播放"]]

    with pytest.raises(FileRefused, match="column C: 播放量 is already in column B"):
        parse_file("a.xlsx", _workbook(tmp_path, rows), NOW)


def test_every_file_stream_has_a_column_for_every_field() -> None:
    kinds = file_kinds()

    assert kinds
    for platform, stream, fmt in kinds:
        columns = {column.field for column in fmt.columns} | {fmt.export_day_field} - {None}
        headers = [header for column in fmt.columns for header in column.headers]
        name = f"{platform.name}/{stream.name}"
        assert columns == {f.name for f in stream.fields}, f"{name}: fields and columns differ"
        assert len(headers) == len(set(headers)), f"{name}: a header stands for two columns"


def test_same_rows_written_twice_are_the_same_bytes(tmp_path: Path) -> None:
    stream = find_stream("sheet", "account_days")
    rows = [{"stat_date": date(2026, 3, 1), "plays": 4000}]

    first, second = (_written(stream, rows, tmp_path / name) for name in ("a.xlsx", "b.xlsx"))

    assert first == second


COUNTS = st.none() | st.integers(0, 2**53)
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20)


def _cell(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_integer(kind):
        return COUNTS
    if pa.types.is_decimal(kind):
        return st.none() | st.decimals(0, 10**9, places=2)
    if pa.types.is_floating(kind):
        return st.none() | st.integers(0, 10**9).map(lambda thousandths: thousandths / 1000)
    if pa.types.is_timestamp(kind):
        return MOMENTS
    if pa.types.is_date(kind):
        return st.dates(date(2026, 3, 1), date(2026, 3, 31))
    return TEXTS


def _rows_of(stream: Stream) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries({f.name: _cell(f.type) for f in stream.fields})
    key = stream.key[0]
    return st.lists(row, max_size=5, unique_by=lambda r: r[key]).map(
        lambda rows: [row for row in rows if row[key]]
    )


@pytest.mark.parametrize("name", ["account_days", "live_sessions"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    stream = find_stream("sheet", name)
    rows = data.draw(_rows_of(stream))
    path = tmp_path_factory.mktemp("sheets") / "a.xlsx"

    parsed = parse_file("a.xlsx", _written(stream, rows, path), NOW)

    blank_texts = [{k: v if v != "" else None for k, v in row.items()} for row in rows]
    assert list(parsed.rows) == blank_texts
    assert parsed.exported_at == datetime(2026, 4, 2, 1, 0, tzinfo=UTC)


def test_stream_without_a_file_format_cannot_be_written(tmp_path: Path) -> None:
    stream = find_stream("douyin", "account_days")

    with pytest.raises(ValueError, match=r"declare Stream\.file"):
        write_template(stream, tmp_path / "a.xlsx")


def _written(stream: Stream, rows: list[dict[str, Any]], path: Path) -> bytes:
    return write_sheet(
        stream,
        rows,
        path,
        exported_at=datetime(2026, 4, 2, 1, 0, tzinfo=UTC),
        covers_from=date(2026, 3, 1),
        covers_to=date(2026, 4, 1),
    ).read_bytes()


def _workbook(folder: Path, rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(folder / "written.xlsx")
    return (folder / "written.xlsx").read_bytes()
