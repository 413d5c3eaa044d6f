"""Write workbooks that people fill in: the data sheet 数据, and 说明, which explains it."""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from extractors.core.exports import COVERS_FROM, COVERS_TO, EXAMPLE_MARK, EXPORTED_AT
from extractors.core.formats import Column, FileFormat
from extractors.core.headers import NOTE_HEADER, needed_columns
from extractors.core.model import Row, Stream
from tidemark.clock import SHANGHAI

DATA_SHEET = "数据"
GUIDE_SHEET = "说明"
HEADER_ROW = 6
CHECKED_ROWS = 2000  # as far as lists and number checks reach
BANNER = "最多导出排序后前1000条笔记"
MOMENT_FORMAT, DAY_FORMAT = "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"

_BOLD = Font(bold=True)
_TITLE = Font(bold=True, size=14)
_GREY = Font(italic=True, color="808080")
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_INPUT = PatternFill("solid", fgColor="FFF9DB")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

_META = (
    (EXPORTED_AT, "北京时间；取数的时刻，留空则用文件保存时间。更正时请写新的时间"),
    (COVERS_FROM, "本表包含的第一天"),
    (COVERS_TO, "本表包含的最后一天；其间没有行的日子视为当天没有数据"),
)
_GUIDE = (
    "一行一条记录；请勿改动表头文字，不需要的列可以删除，列的顺序不限。",
    "留空 = 不知道；0 = 观察到零。两者含义不同，不要用 0 代替空白。",
    f"数据表上方必须填写{COVERS_FROM}和{COVERS_TO}；{EXPORTED_AT}留空则用文件保存时间。",
    "更正：改好后整表或只含更正行再次投递，同一主键以导出时间新的为准；删除一行不会删除旧数据。",
    f"{NOTE_HEADER}列写“{EXAMPLE_MARK}”的行只作说明，不会入库。",
    "编号列（如直播间ID）请用文本格式，否则表格软件会丢失末尾几位。",
)


def write_sheet(
    stream: Stream,
    rows: Iterable[Row],
    path: Path,
    *,
    exported_at: datetime,
    covers_from: date | None = None,
    covers_to: date | None = None,
) -> Path:
    """Write rows as a file of the stream's format; the same arguments give the same bytes."""
    fmt = _format(stream)
    book = Workbook()
    sheet = book.worksheets[0]
    if fmt.is_template:
        told = (exported_at, covers_from, covers_to)
        _write_frame(sheet, stream, fmt, told)
        _write_rows(sheet, stream, fmt, rows, HEADER_ROW + 1)
        _write_guide(book.create_sheet(GUIDE_SHEET), stream, fmt)
    else:
        sheet.cell(1, 1, BANNER)
        _write_header(sheet, stream, fmt, 2)
        _write_rows(sheet, stream, fmt, rows, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_stable_bytes(book, exported_at))
    return path


def write_template(stream: Stream, path: Path) -> Path:
    """Write an empty sheet of a stream with one marked example and the guide."""
    fmt = _format(stream)
    book = Workbook()
    sheet = book.worksheets[0]
    _write_frame(sheet, stream, fmt, (None, None, None))
    example = {column.field: column.example for column in fmt.columns}
    _write_rows(sheet, stream, fmt, [example], HEADER_ROW + 1)
    mark = sheet.cell(HEADER_ROW + 1, len(fmt.columns) + 1, f"{EXAMPLE_MARK}：填写前可删除本行")
    mark.font = _GREY
    _write_guide(book.create_sheet(GUIDE_SHEET), stream, fmt)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_stable_bytes(book, datetime(2026, 1, 1, tzinfo=UTC)))
    return path


def _format(stream: Stream) -> FileFormat:
    if stream.file is None:
        raise ValueError(f"{stream.name} does not arrive as a file; declare Stream.file")
    return stream.file


# -- the data sheet ----------------------------------------------------------------------------


def _write_frame(
    sheet: Worksheet, stream: Stream, fmt: FileFormat, told: Sequence[date | None]
) -> None:
    """Write title, the cells about the export, header, checks and widths."""
    sheet.title = DATA_SHEET
    sheet.cell(1, 1, f"{stream.label_zh}（{stream.name}）").font = _TITLE
    _write_header(sheet, stream, fmt, HEADER_ROW)
    for number, ((label, hint), value) in enumerate(zip(_META, told, strict=True), start=2):
        sheet.cell(number, 1, label).font = _BOLD
        cell = sheet.cell(number, 2)
        _fill(cell, value)
        cell.number_format = MOMENT_FORMAT if label == EXPORTED_AT else DAY_FORMAT
        cell.fill = _INPUT
        sheet.cell(number, 3, hint).font = _GREY
    note = sheet.cell(HEADER_ROW, len(fmt.columns) + 1, NOTE_HEADER)
    note.font, note.fill = _BOLD, _HEAD
    sheet.column_dimensions[get_column_letter(len(fmt.columns) + 1)].width = 30
    sheet.freeze_panes = f"B{HEADER_ROW + 1}"


def _write_header(sheet: Worksheet, stream: Stream, fmt: FileFormat, row: int) -> None:
    types = {f.name: f.type for f in stream.fields}
    for n, column in enumerate(fmt.columns, start=1):
        kind = types[column.field]
        cell = sheet.cell(row, n, column.header)
        cell.font, cell.fill = _BOLD, _HEAD
        cell.alignment = Alignment(horizontal="center")
        dimension = sheet.column_dimensions[get_column_letter(n)]
        dimension.width = 21 if _is_wide(kind) else max(12, 2 * len(column.header) + 3)
        dimension.number_format = _number_format(kind)
        check = _check(column, kind)
        if fmt.is_template and check is not None:
            sheet.add_data_validation(check)
            letter = get_column_letter(n)
            check.add(f"{letter}{row + 1}:{letter}{row + CHECKED_ROWS}")


def _write_rows(
    sheet: Worksheet, stream: Stream, fmt: FileFormat, rows: Iterable[Row], first: int
) -> None:
    types = {f.name: f.type for f in stream.fields}
    for number, row in enumerate(rows, start=first):
        for n, column in enumerate(fmt.columns, start=1):
            cell = sheet.cell(number, n)
            _fill(cell, row.get(column.field))
            cell.number_format = _number_format(types[column.field])


def _fill(cell: Any, value: Any) -> None:
    if isinstance(value, datetime):
        cell.value = value.astimezone(SHANGHAI).replace(tzinfo=None)
    elif isinstance(value, str):
        cell.value = value
        cell.data_type = "s"  # a text that begins with = is no formula
    elif isinstance(value, Decimal):
        cell.value = float(value)
    else:
        cell.value = value


def _check(column: Column, kind: pa.DataType) -> DataValidation | None:
    """Return what the spreadsheet itself refuses while a person types."""
    if column.choices:
        listed = '"' + ",".join(column.choices) + '"'
        check = DataValidation(type="list", formula1=listed, allow_blank=True)
        check.error = "请从下拉列表中选择"
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        check = DataValidation(
            type="whole" if pa.types.is_integer(kind) else "decimal",
            operator="greaterThanOrEqual",
            formula1="0",
            allow_blank=True,
        )
        check.error = "请填写不小于 0 的数字；不知道就留空"
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        check = DataValidation(
            type="date", operator="greaterThan", formula1="DATE(2000,1,1)", allow_blank=True
        )
        check.error = "请填写日期，例如 2026-03-01"
    else:
        return None
    check.errorTitle, check.showErrorMessage = column.header, True
    check.promptTitle, check.prompt = column.header, column.meaning
    check.showInputMessage = bool(column.meaning)
    return check


def _number_format(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return MOMENT_FORMAT
    if pa.types.is_date(kind):
        return DAY_FORMAT
    if pa.types.is_string(kind):
        return "@"
    if pa.types.is_decimal(kind):
        return "#,##0.00"
    return "0" if pa.types.is_integer(kind) else "General"


def _is_wide(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_string(kind) or pa.types.is_date(kind))


# -- the guide ---------------------------------------------------------------------------------


def _write_guide(sheet: Worksheet, stream: Stream, fmt: FileFormat) -> None:
    sheet.cell(1, 1, f"{stream.label_zh}：填写说明").font = _TITLE
    for number, line in enumerate(_GUIDE, start=2):
        sheet.cell(number, 1, f"{number - 1}. {line}")
    head = len(_GUIDE) + 3
    for n, text in enumerate(("列名", "含义", "单位", "示例", "必填", "可选值", "字段"), start=1):
        cell = sheet.cell(head, n, text)
        cell.font, cell.fill = _BOLD, _HEAD
    needed = {column.field for column in needed_columns(stream, fmt)}
    types = {f.name: f.type for f in stream.fields}
    for number, column in enumerate(fmt.columns, start=head + 1):
        is_needed = "是" if column.field in needed else ""
        choices = "、".join(column.choices)
        texts = (column.header, column.meaning, column.unit, None, is_needed, choices, column.field)
        for n, shown in enumerate(texts, start=1):
            _fill(sheet.cell(number, n), shown)
        _fill(sheet.cell(number, 4), column.example)
        sheet.cell(number, 4).number_format = _number_format(types[column.field])
        sheet.cell(number, 4).alignment = Alignment(horizontal="left")
    for letter, width in zip("ABCDEFG", (16, 34, 8, 24, 8, 24, 24), strict=True):
        sheet.column_dimensions[letter].width = width


def _stable_bytes(book: Workbook, saved_at: datetime) -> bytes:
    """Return the workbook with the given saving time in place of the present one."""
    raw, stable = io.BytesIO(), io.BytesIO()
    book.save(raw)
    moment = saved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(stable, "w") as target:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment, content)
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return stable.getvalue()
