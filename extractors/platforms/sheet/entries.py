"""How a sheet is declared: each column with its field, header and what the guide says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from extractors.core.formats import Column, FileFormat
from extractors.core.model import Field, FieldKind, Stream
from tidemark.clock import SHANGHAI, business_date

MOMENT = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(18, 2)
TEXT, COUNT, DAY, NUMBER = pa.string(), pa.int64(), pa.date32(), pa.float64()
YES_NO = ("是", "否")


@dataclass(frozen=True)
class Entry:
    """One column of a sheet; is_needed: every row has a value there."""

    field: str
    type: pa.DataType
    header: str
    meaning: str
    example: Any
    unit: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    kind: FieldKind = "attribute"
    is_needed: bool = False
    is_personal: bool = False


def sheet(
    name: str,
    label_zh: str,
    label_en: str,
    *,
    key: tuple[str, ...],
    day: str,
    entries: Sequence[Entry],
) -> Stream:
    """Return the stream of a sheet of our own; day names the column that says a row's day.

    A row is superseded by one of the same key in a sheet that was exported later.
    """
    is_moment = next(pa.types.is_timestamp(e.type) for e in entries if e.field == day)
    return Stream(
        name=name,
        label_zh=label_zh,
        label_en=label_en,
        fields=tuple(
            Field(e.field, e.type, e.kind, required=e.is_needed, personal=e.is_personal)
            for e in entries
        ),
        key=key,
        merge="upsert_version",
        read=None,
        day=lambda row: business_date(row[day]) if is_moment else row[day],
        file=FileFormat(tuple(_column(entry) for entry in entries), is_template=True),
    )


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a Shanghai moment, for an example."""
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def _column(entry: Entry) -> Column:
    return Column(
        entry.field,
        entry.header,
        entry.meaning,
        entry.unit or ("选项" if entry.choices else "文本"),
        entry.example,
        entry.aliases,
        entry.choices,
    )
