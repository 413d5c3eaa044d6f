"""The cells of a dropped file, whatever it was saved as: .xlsx, or .csv in UTF-8 or GB18030."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from extractors.core.errors import FileRefused

BYTES_AT_MOST = 100_000_000  # unpacked; a note export of 1,000 rows has 100 KB
ROWS_AT_MOST = 200_000
_SAVED_AT = r"<dcterms:{}[^>]*>([^<]+)</dcterms:{}>"


@dataclass(frozen=True)
class Table:
    """One sheet: its name and its rows of cells."""

    name: str
    rows: tuple[tuple[Any, ...], ...]

    def place(self, row: int, column: int | None = None) -> str:
        """Name a row or cell (0-based) as a person finds it."""
        cell = "" if column is None else f", column {column_letter(column)}"
        return f"sheet {self.name}, row {row + 1}{cell}"


def column_letter(column: int) -> str:
    """Return a spreadsheet's name of a column (0-based): A, B, … AA."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_tables(name: str, content: bytes, encoding: str | None = None) -> list[Table]:
    """Return every sheet of a file; FileRefused says what to save it as instead."""
    if content.startswith(b"PK"):
        return _workbook(name, content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(
            f"{name}: an old .xls or a workbook with a password; save it as .xlsx without one"
        )
    return [_text_table(name, content, encoding)]


def saved_at(content: bytes) -> datetime | None:
    """Return when a workbook says it was last saved, else created; None if it does not say."""
    if not content.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            core = parts.read("docProps/core.xml").decode("utf-8", "replace")
    except (KeyError, OSError, zipfile.BadZipFile):
        return None
    for tag in ("modified", "created"):
        if found := re.search(_SAVED_AT.format(tag, tag), core):
            return _iso_moment(found[1])
    return None


def _iso_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _workbook(name: str, content: bytes) -> list[Table]:
    _refuse_oversized(name, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # exports without a default style are common
            tables = _tables(name, content, data_only=True)
            formulas = _tables(name, content, data_only=False) if _has_formulas(content) else []
    except FileRefused:
        raise
    except Exception as error:  # openpyxl raises whatever its XML parsers raise
        raise FileRefused(
            f"{name}: not a readable workbook ({type(error).__name__}: {error}); "
            "open it, save it as .xlsx and drop it again"
        ) from error
    for values, written in zip(tables, formulas, strict=False):
        _refuse_uncomputed(name, values, written)
    return tables


def _tables(name: str, content: bytes, *, data_only: bool) -> list[Table]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), data_only=data_only, read_only=True)
    return [Table(sheet.title, tuple(_rows(name, sheet))) for sheet in book.worksheets]


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [part for part in parts.namelist() if part.startswith("xl/worksheets/")]
        return any(re.search(rb"<f[ >/]", parts.read(part)) for part in sheets)


def _refuse_uncomputed(name: str, values: Table, written: Table) -> None:
    """Refuse a formula whose result was never stored: it would look like an empty cell."""
    for r, (row, formulas) in enumerate(zip(values.rows, written.rows, strict=False)):
        for c, (value, formula) in enumerate(zip(row, formulas, strict=False)):
            if value is None and formula is not None:
                raise FileRefused(
                    f"{name}, {values.place(r, c)}: a formula without a stored result; open the "
                    "file in a spreadsheet program, save it and drop it again"
                )


def _refuse_oversized(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as error:
        raise FileRefused(f"{name}: cut off or damaged; download or save it again") from error
    if size > BYTES_AT_MOST:
        raise FileRefused(f"{name}: {size:,} bytes unpacked, at most {BYTES_AT_MOST:,}; split it")


def _rows(name: str, sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # some exports declare a size that is not theirs
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > ROWS_AT_MOST:
            raise FileRefused(f"{name}: more than {ROWS_AT_MOST:,} rows; split it")
        yield row


def _text_table(name: str, content: bytes, encoding: str | None) -> Table:
    text = _decoded(name, content, encoding)
    head = text[:10_000]
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    try:
        rows = tuple(tuple(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise FileRefused(f"{name}: not a readable CSV file ({error}); save it as .xlsx") from error
    if len(rows) > ROWS_AT_MOST:
        raise FileRefused(f"{name}: more than {ROWS_AT_MOST:,} rows; split it")
    return Table("csv", rows)


def _decoded(name: str, content: bytes, declared: str | None) -> str:
    if declared is not None:
        encodings = [declared]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
        if "\x00" not in text:
            return text.removeprefix("\ufeff")
    known = declared or "UTF-8 or GB18030"
    raise FileRefused(f"{name}: neither a workbook nor text in {known}; save it as .xlsx")
