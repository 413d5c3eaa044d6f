"""Dropped files: good workbooks, mutated cell by cell."""

import io
import logging
import random
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from bench.fuzz.hostile import LONG, mutated
from bench.fuzz.tally import LAKE_READINGS, Reading, Tally, book
from extractors.core.errors import FileRefused
from extractors.core.exports import parse_file
from extractors.core.intake import AccountRead, land
from extractors.core.lake import open_lake
from extractors.core.mapping import kinds_of
from extractors.core.model import Account
from extractors.core.registry import platforms_by_name
from extractors.core.workbook import write_sheet
from tidemark.settings import Settings

NOTE: Mapping[str, Any] = {
    "笔记标题": "一条笔记",
    "首次发布时间": "2026年05月12日17时33分05秒",
    "体裁": "图文",
    "曝光": 10,
    "观看量": 6174,
    "封面点击率": "6.50%",
    "点赞": 15,
    "评论": 41,
    "收藏": 5,
    "涨粉": 1,
    "分享": 14,
    "人均观看时长": "15.2秒",
}

WORK: Mapping[str, Any] = {
    "作品名称": "新品开箱",
    "发布时间": "2026-05-10 12:30",
    "体裁": "视频",
    "审核状态": "通过",
    "播放量": "12,345",
    "完播率": "23.5%",
    "5s完播率": "61%",
    "封面点击率": "-",
    "2s跳出率": "18.2%",
    "平均播放时长": "14.5秒",
    "点赞量": "310",
    "分享量": "25",
    "评论量": "41",
    "收藏量": "-",
    "主页访问量": "88",
    "粉丝增量": "-3",
}
ORDER: Mapping[str, Any] = {
    "订单号": "0001",
    "下单": "2026-05-12 10:00",
    "实付": "1,200",
    "状态": "成功",
}
ORDERS = "orders_20260514.xlsx"
MAPPING = {
    "columns": {"order_id": "订单号", "created_at": "下单", "paid_cny": "实付", "status": "状态"},
    "values": {"status": {"成功": "finished"}},
}
SHOP = Account("erp", "shop_file", "1", "A", "acme", kind="shop", options={"file": MAPPING})

FILES_NOW = datetime(2026, 5, 15, 2, 45, tzinfo=UTC)


def originals(work: Path) -> dict[str, list[list[Any]]]:
    """Return one good workbook per kind of file, as the cells of its first sheet."""
    found = {}
    for stream in platforms_by_name()["sheet"].streams:
        assert stream.file is not None
        example = {column.field: column.example for column in stream.file.columns}
        path = work / f"{stream.name}.xlsx"
        covers = {"covers_from": date(2026, 2, 1), "covers_to": date(2026, 5, 14)}
        write_sheet(stream, [example], path, exported_at=FILES_NOW, **covers)
        found[path.name] = [
            [cell.value for cell in row] for row in load_workbook(path).worksheets[0]
        ]
    exports = {f"笔记列表明细表_{FILES_NOW:%Y%m%d}.xlsx": NOTE, "作品数据_20260514.xlsx": WORK}
    for name, row in {**exports, ORDERS: ORDER}.items():
        found[name] = [list(row), [*row.values()], [*row.values()]]
    return found


def fuzz_file(name: str, cells: list[list[Any]], seed: int, payloads: int) -> Tally:
    logging.disable(logging.CRITICAL)
    tally = Tally(name)
    dice = random.Random(f"{seed} {name}")
    while tally.payloads < payloads:
        with tempfile.TemporaryDirectory(prefix="fuzz-lake-") as folder:
            for _ in range(min(LAKE_READINGS, payloads - tally.payloads)):
                tally.payloads += 1
                _drop(tally, name, _workbook(mutated(dice, cells)), Path(folder))
    return tally


def _drop(tally: Tally, name: str, content: bytes, home: Path) -> None:
    settings = Settings(home, home, (home / "lake").as_uri(), lambda: FILES_NOW)
    account = Account("douyin_acme", "douyin", "x", "A", "acme")
    try:
        parsed = parse_file(name, content, FILES_NOW, kinds_of(SHOP) if name == ORDERS else None)
    except FileRefused:
        tally.refused["FileRefused"] += 1
        return
    except Exception as error:
        tally.problems.append(f"crash: {type(error).__name__}: {error}"[:300])
        return
    read = AccountRead(account, ((parsed.window, iter(parsed.rows)),), (), parsed.exported_at)
    lake = open_lake(settings.lake_url, settings.copies_dir)
    landed = land(parsed.platform, parsed.stream, [read], lake=lake, settings=settings)
    book(tally, Reading(1, len(parsed.rows), landed))


def _workbook(cells: Any) -> bytes:
    """Return a workbook of these cells; what no cell can hold is written as its text."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(cells if isinstance(cells, list) else [[cells]], 1):
        for column, value in enumerate(row if isinstance(row, list) else [row], 1):
            sheet.cell(number, column, _cell(value))
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _cell(value: Any) -> Any:
    """Return what a cell can hold: a value, or the printable part of its text."""
    is_number = isinstance(value, int | float) and abs(value) < 2**63
    if value is None or is_number or isinstance(value, date):
        return value
    text = str(value).encode("utf-8", "replace").decode()
    return "".join(character for character in text if character.isprintable())[:LONG]
