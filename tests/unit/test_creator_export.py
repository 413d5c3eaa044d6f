"""The creator centre's export of Douyin: text cells, rates as percent, no item id."""

import io
from datetime import UTC, date, datetime

import pytest
from openpyxl import Workbook

from extractors.core.drops import process_drops
from extractors.core.errors import FileRefused
from extractors.core.exports import parse_file
from extractors.core.lake import open_lake
from extractors.core.model import Account
from tidemark.settings import Settings

NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)
HEADERS = [
    *("作品名称", "发布时间", "体裁", "审核状态", "播放量", "完播率", "5s完播率", "封面点击率"),
    *("2s跳出率", "平均播放时长", "点赞量", "分享量", "评论量", "收藏量", "主页访问量", "粉丝增量"),
]
WORK = [
    *("新品开箱", "2026-04-10 12:30", "视频", "通过", "12,345", "23.5%", "61%", "-"),
    *("18.2%", "14.5秒", "310", "25", "41", "-", "88", "-3"),
]


def workbook(*rows, headers=HEADERS):
    book = Workbook()
    for row in (headers, *rows):
        book.worksheets[0].append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def test_text_cells_become_figures_and_a_dash_is_unknown():
    parsed = parse_file("作品数据_20260417.xlsx", workbook(WORK), NOW)

    (row,) = parsed.rows
    assert (parsed.platform.name, parsed.stream.name) == ("douyin", "creator_export")
    assert row["published_at"] == datetime(2026, 4, 10, 4, 30, tzinfo=UTC)
    assert (row["plays"], row["likes"], row["saves"]) == (12345, 310, None)
    assert (row["completion_rate"], row["completion_5s_rate"]) == (0.235, 0.61)
    assert (row["cover_click_rate"], row["avg_play_seconds"]) == (None, 14.5)
    assert row["new_followers"] == -3  # followers may be lost by a work
    assert row["exported_on"] == date(2026, 4, 17)


def test_a_misspelt_header_names_the_nearest():
    headers = ["完播律" if header == "完播率" else header for header in HEADERS]

    with pytest.raises(FileRefused, match=r"完播率 is missing.*'完播律', is it 完播率"):
        parse_file("a.xlsx", workbook(WORK, headers=headers), NOW)


def test_a_bad_cell_refuses_the_file_with_its_place():
    bad = ["无" if n == 4 else cell for n, cell in enumerate(WORK)]

    with pytest.raises(FileRefused, match=r"row 2, column E \(播放量\): '无'"):
        parse_file("a.xlsx", workbook(bad), NOW)


def test_only_an_account_of_douyin_may_bring_it(tmp_path):
    settings = Settings(tmp_path, tmp_path / "config", (tmp_path / "lake").as_uri(), lambda: NOW)
    accounts = [
        Account("dy", "douyin", "1", "抖音", "acme"),
        Account("red", "xiaohongshu", "2", "小红书", "acme"),
    ]
    for key in ("dy", "red"):
        (settings.inbox / key).mkdir(parents=True)
        (settings.inbox / key / f"{key}.xlsx").write_bytes(workbook([key, *WORK[1:]]))

    report = process_drops(settings, open_lake(settings.lake_url), accounts, stable_seconds=0)

    assert {f.account_key: f.outcome for f in report.files} == {"dy": "landed", "red": "refused"}
