"""Which kind of file a table is: told by the texts of its header row, and by nothing else."""

import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractors.core.errors import FileRefused
from extractors.core.filetables import Table, column_letter
from extractors.core.formats import Column, FileFormat
from extractors.core.model import Platform, Stream

SEARCHED_ROWS = 60
RESEMBLANCE = 2  # headers in common that make a row worth explaining
NOTE_HEADER = "备注"  # of our templates: for people and for the mark of the example row

Kind = tuple[Platform, Stream, FileFormat]


@dataclass(frozen=True)
class Header:
    """A header row: which column of the table (0-based) holds which column of the format."""

    platform: Platform
    stream: Stream
    format: FileFormat
    table: Table
    row: int
    columns: Mapping[int, Column]
    unknown: Mapping[int, str]

    @property
    def missing(self) -> list[str]:
        """Headers without which the file is not of this kind."""
        found = {column.field for column in self.columns.values()}
        return [c.header for c in needed_columns(self.stream, self.format) if c.field not in found]

    @property
    def name(self) -> str:
        """The kind as people and as the lake call it."""
        return f"{self.stream.label_zh} ({self.platform.name}/{self.stream.name})"

    def place_of(self, field: str) -> int:
        """Return the column (0-based) that holds a field; -1 if none does."""
        return next((n for n, column in self.columns.items() if column.field == field), -1)


def needed_columns(stream: Stream, fmt: FileFormat) -> list[Column]:
    """Return the columns that every file of a kind has; of our sheets, those of the key."""
    needed = {f.name for f in stream.fields if f.required}
    return [
        column
        for column in fmt.columns
        if (column.field in needed if fmt.is_template else not column.is_optional)
    ]


def find_header(name: str, tables: Iterable[Table], kinds: Sequence[Kind]) -> Header:
    """Return the header row of a file; FileRefused explains the nearest miss."""
    candidates = list(_candidates(tables, kinds))
    best = max(candidates, key=lambda h: (not h.missing, len(h.columns)), default=None)
    if best is None or (best.missing and len(best.columns) < RESEMBLANCE):
        known = "; ".join(
            f"{s.label_zh} ({', '.join(_headers(fmt)[:3])}, …)" for _, s, fmt in kinds
        )
        raise FileRefused(
            f"{name}: no header row of a known kind in any sheet. Known kinds: {known}. "
            "Export it again, or fill in a template (tidemark template NAME)"
        )
    if best.missing:
        raise FileRefused(_nearest_miss(name, best))
    _refuse_doubles(name, best)
    if best.format.is_template:
        _refuse_unknown(name, best)
    return best


def normal_header(value: Any) -> str:
    """Return a header's text without spaces, marks of width and line breaks."""
    text = unicodedata.normalize("NFKC", str(value))
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")


def _candidates(tables: Iterable[Table], kinds: Sequence[Kind]) -> Iterator[Header]:
    for table in tables:
        for number, row in enumerate(table.rows[:SEARCHED_ROWS]):
            texts = {n: normal_header(cell) for n, cell in enumerate(row) if isinstance(cell, str)}
            for platform, stream, fmt in kinds:
                known = {normal_header(h): c for c in fmt.columns for h in c.headers}
                columns = {n: known[text] for n, text in texts.items() if text in known}
                if columns:
                    others = {n: t for n, t in texts.items() if t and n not in columns}
                    yield Header(platform, stream, fmt, table, number, columns, others)


def _nearest_miss(name: str, header: Header) -> str:
    place = header.table.place(header.row)
    guesses = [
        f"column {column_letter(n)} reads {text!r}, is it {near[0]}?"
        for n, text in header.unknown.items()
        if (near := difflib.get_close_matches(text, header.missing, 1, 0.4))
    ]
    return (
        f"{name}, {place}: this looks like {header.name}, but {', '.join(header.missing)} is "
        f"missing. {' '.join(guesses)} Expected headers: {', '.join(_headers(header.format))}. "
        "Correct the header row and drop the file again"
    ).replace("  ", " ")


def _refuse_doubles(name: str, header: Header) -> None:
    seen: dict[str, int] = {}
    for n, column in header.columns.items():
        if column.field in seen:
            raise FileRefused(
                f"{name}, {header.table.place(header.row, n)}: {column.header} is already in "
                f"column {column_letter(seen[column.field])}; keep one of the two"
            )
        seen[column.field] = n


def _refuse_unknown(name: str, header: Header) -> None:
    known = _headers(header.format)
    for n, text in header.unknown.items():
        if text != NOTE_HEADER:
            near = difflib.get_close_matches(text, known, 1, 0.4)
            guess = f"is it {near[0]}? " if near else ""
            raise FileRefused(
                f"{name}, {header.table.place(header.row, n)}: unknown header {text!r}; {guess}"
                f"Expected headers: {', '.join(known)}. Rename the column, or move its content "
                f"under {NOTE_HEADER}"
            )


def _headers(fmt: FileFormat) -> list[str]:
    return [column.header for column in fmt.columns]
