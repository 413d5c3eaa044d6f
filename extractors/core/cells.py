"""One cell of a dropped file: what people and exports write, as a typed value."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import CoercionError, coercer
from extractors.core.formats import Column

_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_TIME = r"(\d{1,2})[:时](?:(\d{1,2})分?(?::?(\d{1,2})(?:\.\d+)?秒?)?)?"
_DAY_TEXT = re.compile(_DAY)
_MOMENT_TEXT = re.compile(rf"{_DAY}[ T]*{_TIME}")
_ROUNDED_TEXT = re.compile(r"\d(?:\.\d+)?[eE]\+[1-9]\d")
_PARTS = coercer(pa.decimal128(38, 6))
_EXACT_DIGITS = 15  # more than a spreadsheet keeps of a number
_ROUNDED = "was rounded by a spreadsheet; format the column as text and paste it again"


def is_blank(value: Any) -> bool:
    """Tell whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def parse_cell(value: Any, column: Column, kind: pa.DataType) -> Any:
    """Return a cell's value in the column's type; ValueError says what is wrong with it."""
    if is_blank(value):
        return column.blank
    if isinstance(value, bool):
        raise CoercionError("is true or false")
    content = value.strip() if isinstance(value, str) else value
    if pa.types.is_string(kind):
        parsed = _word(coercer(kind)(_exact_text(content)), column)
    elif pa.types.is_timestamp(kind):
        parsed = coercer(kind)(_moment(content, column))
    elif pa.types.is_date(kind):
        parsed = coercer(kind)(_day(content))
    else:
        parsed = coercer(kind)(_figure(content, column, kind))
    if column.choices and parsed not in (None, *column.choices):
        raise CoercionError(f"is none of {', '.join(column.choices)}")
    return parsed


def _word(text: str, column: Column) -> str:
    """Return what a word of a file means in ours, where the mapping says."""
    if not column.values:
        return text
    if text not in column.values:
        raise CoercionError(f"is none of {', '.join(column.values)}; add it to the mapping")
    return column.values[text]


def _exact_text(value: Any) -> Any:
    """Refuse ids of which a spreadsheet kept 15 digits only."""
    if isinstance(value, int | float) and abs(value) >= 10**_EXACT_DIGITS:
        raise CoercionError(_ROUNDED)
    if isinstance(value, str) and _ROUNDED_TEXT.fullmatch(value):
        raise CoercionError(_ROUNDED)
    return str(value) if isinstance(value, float) and not value.is_integer() else value


def _figure(value: Any, column: Column, kind: pa.DataType) -> Any:
    if isinstance(value, str):
        for unit in column.written_units:
            value = value.removesuffix(unit).strip()
    if column.scale != 1 and (number := _PARTS(value)) is not None:
        value = number * column.scale
    if isinstance(value, float) and pa.types.is_decimal(kind):
        return round(value, kind.scale + 4)  # a spreadsheet's 79.99999999999999 is 80.00
    return value


def _day(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() != time():
        raise CoercionError("holds a time of day; a plain day is expected")
    if isinstance(value, str) and (found := _DAY_TEXT.fullmatch(value)):
        return date(*(int(part) for part in found.groups()))
    return value


def _moment(value: Any, column: Column) -> datetime | None:
    """Return a moment in UTC: files speak of the column's zone, to the second at best."""
    if value in ("-", "--", "—"):
        return None
    if isinstance(value, str):
        value = _written_moment(value, column)
    if not isinstance(value, datetime):
        raise CoercionError("is no time; write it like 2026-03-01 19:30:00")
    moment = value if value.tzinfo else value.replace(tzinfo=column.zone)
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0).astimezone(UTC)


def _written_moment(text: str, column: Column) -> Any:
    for pattern in column.formats:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    if column.formats:
        raise CoercionError(f"is not written as {' or '.join(column.formats)}")
    if found := _MOMENT_TEXT.fullmatch(text):
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
    return text
