"""The note export: the real file, its older and other forms, and when it was exported."""

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from extractors.core.errors import FileRefused
from extractors.core.exports import ParsedFile, export_time, parse_file

REAL = "xiaohongshu_note_export.xlsx"
HEADERS = [
    *("笔记标题", "首次发布时间", "体裁", "曝光", "观看量", "封面点击率", "点赞"),
    *("评论", "收藏", "涨粉", "分享", "人均观看时长", "弹幕"),
]
NOTE: list[Any] = [
    *("一条笔记", "2026年03月24日17时33分05秒", "图文", 0, 6174, "6.50%"),
    *(15, 41, 5, "-", 14, "15.20秒", 0),
]
NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)


def test_real_export_brings_its_eight_notes_exactly(shared_data: Path) -> None:
    parsed = parse_file(REAL, (shared_data / REAL).read_bytes(), NOW)

    first, untitled = parsed.rows[0], parsed.rows[4]
    assert len(parsed.rows) == 8
    assert first["published_at"] == datetime(2026, 3, 24, 9, 33, 5, tzinfo=UTC)
    assert (first["impressions"], first["views"], first["likes"]) == (12235, 6174, 15)
    assert (first["comments"], first["saves"], first["shares"]) == (41, 5, 14)
    assert (first["cover_click_rate"], first["avg_watch_seconds"]) == (0.221, 17.0)
    assert (untitled["title"], untitled["views"], untitled["danmaku"]) == ("", 205, 0)


def test_real_export_is_of_the_day_stored_inside_it(shared_data: Path) -> None:
    parsed = parse_file(REAL, (shared_data / REAL).read_bytes(), NOW)

    assert parsed.exported_at == datetime(2026, 3, 25, 7, 14, 54, tzinfo=UTC)
    assert {row["exported_on"] for row in parsed.rows} == {date(2026, 3, 25)}
    assert parsed.window.days() == [date(2026, 3, 25)]


def test_rates_and_seconds_may_be_written_as_text() -> None:
    (row,) = _parsed([["最多导出排序后前1000条笔记"], HEADERS, NOTE]).rows

    assert (row["cover_click_rate"], row["avg_watch_seconds"]) == (0.065, 15.2)
    assert (row["impressions"], row["views"]) == (0, 6174)
    assert row["new_followers"] is None


@pytest.mark.parametrize("columns", [11, 12], ids=["no watch time or danmaku", "no danmaku"])
def test_older_exports_lack_columns_and_are_read(columns: int) -> None:
    (row,) = _parsed([HEADERS[:columns], NOTE[:columns]]).rows

    assert row["shares"] == 14
    assert "danmaku" not in row


def test_new_column_of_the_platform_is_passed_on_as_drift() -> None:
    (row,) = _parsed([[*HEADERS, "完播率"], [*NOTE, "12%"]]).rows

    assert "完播率" in row


def test_misspelt_header_names_the_nearest() -> None:
    headers = ["暴光" if header == "曝光" else header for header in HEADERS]

    with pytest.raises(FileRefused) as refused:
        _parsed([["banner"], headers, NOTE])

    assert "sheet Sheet, row 2: this looks like 笔记列表明细表" in str(refused.value)
    assert "曝光 is missing. column D reads '暴光', is it 曝光?" in str(refused.value)


def test_note_without_publish_time_is_refused_with_its_place() -> None:
    with pytest.raises(FileRefused, match=r"row 2, column B \(首次发布时间\): is empty"):
        _parsed([HEADERS, [NOTE[0], None, *NOTE[2:]]])


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("笔记列表明细表.xlsx", datetime(2026, 3, 25, 7, 14, tzinfo=UTC)),
        ("笔记列表明细表_2026-03-20.xlsx", datetime(2026, 3, 19, 16, 0, tzinfo=UTC)),
        ("笔记列表明细表20260320.xlsx", datetime(2026, 3, 19, 16, 0, tzinfo=UTC)),
        ("笔记2026年3月25日.xlsx", datetime(2026, 3, 25, 7, 14, tzinfo=UTC)),
        ("笔记2026-99-99.xlsx", datetime(2026, 3, 25, 7, 14, tzinfo=UTC)),
        ("笔记2027-01-01.xlsx", datetime(2026, 3, 25, 7, 14, tzinfo=UTC)),
    ],
    ids=["stored time", "named day", "compact", "named day's own hour", "no day", "day to come"],
)
def test_export_time_is_the_named_day_else_the_stored_time(name: str, moment: datetime) -> None:
    content = _workbook([HEADERS], created=datetime(2026, 3, 25, 7, 14))

    assert export_time(name, content, NOW) == moment


def test_export_time_is_the_drop_when_the_file_says_nothing_or_lies() -> None:
    from_the_future = _workbook([HEADERS], created=datetime(2027, 1, 1))

    assert export_time("a.xlsx", from_the_future, NOW) == NOW
    assert export_time("a.csv", b"a,b", NOW) == NOW


def test_csv_in_gb18030_is_the_same_file() -> None:
    lines = [",".join(HEADERS), ",".join(str(value) for value in NOTE)]

    parsed = parse_file("笔记_2026-03-25.csv", "\r\n".join(lines).encode("gb18030"), NOW)

    assert parsed.rows[0]["title"] == "一条笔记"
    assert parsed.rows[0]["exported_on"] == date(2026, 3, 25)


def _parsed(rows: list[list[Any]]) -> ParsedFile:
    return parse_file("笔记列表明细表_2026-03-25.xlsx", _workbook(rows), NOW)


def _workbook(rows: list[list[Any]], created: datetime = datetime(2026, 3, 25)) -> bytes:
    """Return a workbook whose core properties hold a creation time only, as the exports do."""
    import re
    import zipfile

    book, raw, kept = Workbook(), io.BytesIO(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.properties.created = created
    book.save(raw)
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(kept, "w") as target:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"<dcterms:modified.*?</dcterms:modified>", b"", content)
            target.writestr(name, content)
    return kept.getvalue()
