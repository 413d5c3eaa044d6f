"""Our own sheets: what they cover, when they were taken, blank against zero."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from extractors.core.errors import FileRefused
from extractors.core.exports import ParsedFile, parse_file
from extractors.core.model import Window
from extractors.core.registry import find_stream
from extractors.core.workbook import write_sheet

NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)
TAKEN = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)


def test_blank_is_unknown_and_zero_is_zero(tmp_path: Path) -> None:
    rows = [{"stat_date": date(2026, 3, 1), "saves": 0, "unfollows": None}]

    (row,) = _parsed(tmp_path, rows).rows

    assert row["saves"] == 0
    assert row["unfollows"] is None


def test_sheet_covers_the_days_it_says(tmp_path: Path) -> None:
    parsed = _parsed(tmp_path, [{"stat_date": date(2026, 3, 1)}])

    assert parsed.window == Window(date(2026, 3, 1), date(2026, 3, 31))
    assert parsed.exported_at == TAKEN


def test_live_room_belongs_to_the_day_it_began(tmp_path: Path) -> None:
    stream = find_stream("sheet", "live_sessions")
    began = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
    rows = [
        {"live_id": "1", "started_at": began, "ended_at": datetime(2026, 3, 31, 18, tzinfo=UTC)}
    ]

    parsed = _parsed(tmp_path, rows, stream="live_sessions")

    assert stream.day is not None
    assert stream.day(parsed.rows[0]) == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"covers_from": None}, "no day beside 数据起"),
        ({"covers_to": None}, "no day beside 数据止"),
        ({"covers_from": date(2026, 4, 1)}, "is before 数据起"),
        ({"covers_to": date(2026, 4, 3)}, "is after 导出时间"),
        ({"covers_from": date(2020, 1, 1)}, "covers more than 800 days"),
        ({"exported_at": datetime(2062, 4, 2, tzinfo=UTC)}, "has not come yet"),
    ],
    ids=["no first day", "no last day", "swapped", "days to come", "too long", "taken tomorrow"],
)
def test_cells_above_the_header_must_make_sense(
    tmp_path: Path, told: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(FileRefused, match=complaint):
        _parsed(tmp_path, [{"stat_date": date(2026, 3, 1)}], **told)


def test_row_outside_the_covered_days_is_refused_with_its_place(tmp_path: Path) -> None:
    rows = [{"stat_date": date(2026, 3, 1)}, {"stat_date": date(2026, 4, 1)}]

    with pytest.raises(FileRefused, match="row 8: 2026-04-01 is outside 数据起 2026-03-01"):
        _parsed(tmp_path, rows)


def test_day_given_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    rows = [{"stat_date": date(2026, 3, 1)}, {"stat_date": date(2026, 3, 1), "plays": 1}]

    with pytest.raises(FileRefused, match="row 8, column A: 2026-03-01 is already in row 7"):
        _parsed(tmp_path, rows)


def test_row_without_its_day_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"row 7, column A \(日期\): is empty"):
        _parsed(tmp_path, [{"plays": 4000}])


def test_csv_may_carry_the_cells_above_the_header() -> None:
    told = "导出时间,2026-04-02 09:00:00\n数据起,2026-03-01\n数据止,2026-03-31\n"
    text = told + '日期,播放量\n2026-03-01,"4,000"\n'

    parsed = parse_file("a.csv", text.encode("gb18030"), NOW)

    assert parsed.exported_at == TAKEN
    assert parsed.rows[0]["plays"] == 4000


def test_export_time_left_blank_is_the_time_the_file_was_saved(tmp_path: Path) -> None:
    text = "导出时间,\n数据起,2026-03-01\n数据止,2026-03-31\n日期,播放量\n2026-03-01,1\n"

    assert parse_file("a.csv", text.encode(), NOW).exported_at == NOW


def _parsed(
    folder: Path, rows: list[dict[str, Any]], stream: str = "account_days", **told: Any
) -> ParsedFile:
    arguments = {
        "exported_at": TAKEN,
        "covers_from": date(2026, 3, 1),
        "covers_to": date(2026, 3, 31),
    } | told
    path = write_sheet(find_stream("sheet", stream), rows, folder / "a.xlsx", **arguments)
    return parse_file("a.xlsx", path.read_bytes(), NOW)
