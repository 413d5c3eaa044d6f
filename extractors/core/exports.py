"""Read a dropped file: its kind, when it was exported, the days it covers, and every cell.

Strict on purpose: a file with one bad cell is refused as a whole, with the place of the cell, so
that a person corrects it and drops it again. Nothing is half landed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from extractors.core.cells import is_blank, parse_cell
from extractors.core.errors import FileRefused
from extractors.core.filetables import read_tables, saved_at
from extractors.core.formats import Column
from extractors.core.headers import NOTE_HEADER, Header, Kind, find_header, normal_header
from extractors.core.model import Platform, Row, Stream, Window
from extractors.core.registry import every_stream
from tidemark.clock import SHANGHAI, business_date

EXPORTED_AT = "导出时间"
COVERS_FROM = "数据起"
COVERS_TO = "数据止"
EXAMPLE_MARK = "示例"
SHOWN_ERRORS = 3
FUTURE_TOLERANCE = timedelta(hours=1)  # the clock of the machine that exported
COVERED_DAYS_AT_MOST = 800
_NAMED_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.年]?(\d\d?)[-_.月]?(\d\d?)(?!\d)")


@dataclass(frozen=True)
class ParsedFile:
    """A recognised file: what it is, when it was exported, the days it covers and its rows."""

    platform: Platform
    stream: Stream
    exported_at: datetime
    window: Window
    rows: tuple[Row, ...]
    examples_skipped: int = 0


def file_kinds() -> list[Kind]:
    """Return every stream that arrives as a file."""
    return [(p, s, s.file) for p, s in every_stream() if s.file is not None]


def parse_file(
    name: str, content: bytes, claimed_at: datetime, kinds: Sequence[Kind] | None = None
) -> ParsedFile:
    """Return what a file says; FileRefused says what is wrong, where, and the remedy."""
    known = file_kinds() if kinds is None else kinds
    encoding = known[0][2].encoding if len(known) == 1 else None
    header = find_header(name, read_tables(name, content, encoding), known)
    if header.format.is_template:
        exported_at = _told_export_time(name, header, content, claimed_at)
        window = _told_window(name, header, exported_at)
    else:
        exported_at = export_time(name, content, claimed_at)
        window = Window(business_date(exported_at), business_date(exported_at))
    numbered, examples = _typed_rows(name, header)
    if header.format.is_template:
        _refuse_strangers(name, header, numbered, window)
    rows = [row for _, row in numbered]
    if header.format.is_mapped:
        _refuse_doubles(name, header, numbered)
        window = _window_of(name, header, rows, window)
    if (field := header.format.export_day_field) is not None:
        rows = [{**row, field: window.until} for row in rows]
    return ParsedFile(header.platform, header.stream, exported_at, window, tuple(rows), examples)


def export_time(name: str, content: bytes, claimed_at: datetime) -> datetime:
    """Return when a file was exported: the day in its name, else its own saving time, else now.

    A saving time on the named day gives the hour. Nothing is exported after it was dropped.
    """
    stored = saved_at(content)
    if stored is not None and stored > claimed_at:
        stored = None
    named = _named_day(name, business_date(claimed_at))
    if named is None:
        return stored or claimed_at
    if stored is not None and business_date(stored) == named:
        return stored
    return datetime.combine(named, datetime.min.time(), SHANGHAI)


def _named_day(name: str, latest: date) -> date | None:
    for found in _NAMED_DAY.finditer(name):
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            continue
        if day <= latest:
            return day
    return None


# -- the cells above the header of our own sheets ----------------------------------------------


def _told_export_time(name: str, header: Header, content: bytes, claimed_at: datetime) -> datetime:
    import pyarrow as pa

    told: datetime | None = _told(name, header, EXPORTED_AT, pa.timestamp("us", tz="UTC"))
    if told is None:
        stored = saved_at(content)
        return stored if stored is not None and stored <= claimed_at else claimed_at
    if told > claimed_at + FUTURE_TOLERANCE:
        raise FileRefused(
            f"{name}, sheet {header.table.name}: {EXPORTED_AT} {told.astimezone(SHANGHAI):%F %T} "
            "has not come yet; a later sheet could never correct this one. Write the present time"
        )
    return told


def _told_window(name: str, header: Header, exported_at: datetime) -> Window:
    import pyarrow as pa

    since, until = (_told(name, header, label, pa.date32()) for label in (COVERS_FROM, COVERS_TO))
    where = f"{name}, sheet {header.table.name}"
    if since is None or until is None:
        absent = COVERS_FROM if since is None else COVERS_TO
        raise FileRefused(
            f"{where}: no day beside {absent} above the header; write the first and last day that "
            "the sheet covers, so that a day without a row is known to be empty"
        )
    if until < since:
        raise FileRefused(
            f"{where}: {COVERS_TO} {until} is before {COVERS_FROM} {since}; swap them"
        )
    if until > business_date(exported_at):
        raise FileRefused(
            f"{where}: {COVERS_TO} {until} is after {EXPORTED_AT} ({business_date(exported_at)}); "
            "a sheet covers only days that were over or running when it was taken"
        )
    if (until - since).days >= COVERED_DAYS_AT_MOST:
        raise FileRefused(f"{where}: covers more than {COVERED_DAYS_AT_MOST} days; split it")
    return Window(since, until)


def _told(name: str, header: Header, label: str, kind: Any) -> Any:
    """Return what stands to the right of a label above the header, or None."""
    for number, row in enumerate(header.table.rows[: header.row]):
        for n, cell in enumerate(row[:-1]):
            if isinstance(cell, str) and normal_header(cell).rstrip(":") == label:
                try:
                    return parse_cell(row[n + 1], Column(label, label), kind)
                except (ArithmeticError, ValueError) as error:
                    raise FileRefused(
                        f"{name}, {header.table.place(number, n + 1)} ({label}): "
                        f"{_shown(row[n + 1])} {error}"
                    ) from None
    return None


# -- the rows ----------------------------------------------------------------------------------


def _typed_rows(name: str, header: Header) -> tuple[list[tuple[int, Row]], int]:
    """Return the rows with their row number (0-based), and how many examples were left out."""
    rows: list[tuple[int, Row]] = []
    errors: list[str] = []
    examples = 0
    for number, cells in enumerate(header.table.rows[header.row + 1 :], start=header.row + 1):
        if all(is_blank(cell) for cell in cells):
            continue
        try:
            row = _typed_row(header, number, cells)
        except FileRefused as error:
            errors.append(str(error))
            continue
        if _is_example(header, cells, row, number, errors):
            examples += 1
        else:
            rows.append((number, row))
    if errors:
        more = f" (and {len(errors) - SHOWN_ERRORS} more)" if len(errors) > SHOWN_ERRORS else ""
        shown = "; ".join(errors[:SHOWN_ERRORS])
        raise FileRefused(f"{name}: {shown}{more}. Correct it and drop the file again")
    return rows, examples


def _typed_row(header: Header, number: int, cells: Sequence[Any]) -> Row:
    types = {f.name: f.type for f in header.stream.fields}
    needed = {f.name for f in header.stream.fields if f.required}
    row: dict[str, Any] = {}
    if header.format.is_template:  # a column that the operators left out is unknown, not drift
        row = {column.field: None for column in header.format.columns}
    if header.format.is_mapped:  # a part of the key that the file does not have is the same for all
        row = {name: "" if name in header.stream.key else None for name in types}
    for n, column in header.columns.items():
        value = cells[n] if n < len(cells) else None
        where = f"{header.table.place(number, n)} ({column.header})"
        try:
            row[column.field] = parse_cell(value, column, types[column.field])
        except (ArithmeticError, ValueError) as error:
            raise FileRefused(f"{where}: {_shown(value)} {error}") from None
        if row[column.field] is None and column.field in needed:
            raise FileRefused(f"{where}: is empty, every row needs it")
    return row | dict(_unknown_cells(header, number, cells))


def _unknown_cells(header: Header, number: int, cells: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what an export has beyond its format (reported as drift); refuse it in our sheets."""
    for n, value in enumerate(cells):
        if n in header.columns or is_blank(value):
            continue
        if n in header.unknown:
            if not header.format.is_template:
                yield header.unknown[n], None
        elif header.format.is_template:
            raise FileRefused(
                f"{header.table.place(number, n)}: a value in a column without a header; write "
                f"the header, or move it under {NOTE_HEADER}"
            )


def _is_example(
    header: Header, cells: Sequence[Any], row: Row, number: int, errors: list[str]
) -> bool:
    """Tell whether a row is the template's example, untouched."""
    note = next((n for n, text in header.unknown.items() if text == NOTE_HEADER), None)
    if not header.format.is_template or note is None or note >= len(cells):
        return False
    if not str(cells[note] or "").startswith(EXAMPLE_MARK):
        return False
    if any(row[c.field] != c.example for c in header.columns.values()):
        errors.append(
            f"{header.table.place(number, note)}: the example was overwritten but is still marked "
            f"{EXAMPLE_MARK}; clear the mark if the row is real"
        )
    return True


def _window_of(name: str, header: Header, rows: Sequence[Row], exported: Window) -> Window:
    """Return the days from the first row to the last: an export holds every row of its span."""
    assert header.stream.day is not None
    days = [header.stream.day(row) for row in rows]
    if not days:
        return exported
    if (max(days) - min(days)).days >= COVERED_DAYS_AT_MOST:
        raise FileRefused(
            f"{name}: its rows lie more than {COVERED_DAYS_AT_MOST} days apart ({min(days)} to "
            f"{max(days)}); split it, or correct the dates"
        )
    return Window(min(days), max(days))


def _refuse_doubles(name: str, header: Header, numbered: Sequence[tuple[int, Row]]) -> None:
    """Refuse keys that come twice: of two rows of one key nobody could tell which one counts."""
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in numbered:
        key = tuple(row.get(field) for field in header.stream.key)
        if key in seen:
            shown = "/".join(str(part) for part in key if part is not None)
            raise FileRefused(
                f"{name}, {header.table.place(number)}: {shown} is already in row {seen[key] + 1}; "
                "map a column that tells the lines of an order apart (line_id), or keep one"
            )
        seen[key] = number


def _refuse_strangers(
    name: str, header: Header, numbered: Sequence[tuple[int, Row]], window: Window
) -> None:
    """Refuse rows of uncovered days and keys that come twice."""
    seen: dict[tuple[Any, ...], int] = {}
    stream = header.stream
    for number, row in numbered:
        assert stream.day is not None
        day, key = stream.day(row), tuple(row[field] for field in stream.key)
        if not window.since <= day <= window.until:
            raise FileRefused(
                f"{name}, {header.table.place(number)}: {day} is outside {COVERS_FROM} "
                f"{window.since} … {COVERS_TO} {window.until}; correct the row or the two days"
            )
        if key in seen:
            column = header.table.place(number, header.place_of(stream.key[0]))
            raise FileRefused(
                f"{name}, {column}: {key[0]} is already in row {seen[key] + 1}; keep one of the two"
            )
        seen[key] = number


def _shown(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else str(value)
    return repr(text[:40])
