"""Order lines of the declared table, by the moment of their last change."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.cells import parse_cell
from extractors.core.errors import ApiChanged, MappingWrong
from extractors.core.formats import Column
from extractors.core.mapping import declared
from extractors.core.model import Account, Row, Stream, Window
from extractors.core.registry import platforms_by_name
from extractors.platforms.shop_database.connection import Database
from tidemark.clock import SHANGHAI, business_date

CHANGED = "updated_at"


def orders(api: Database, account: Account, window: Window) -> Iterator[Row]:
    """Every line that changed within the window; ApiChanged when one comes twice."""
    said, columns = declared(account)
    table = said.get("name")
    if not isinstance(table, str) or not table:
        place = f"config/accounts.yml: account {account.key}: options.table.name"
        raise MappingWrong(f"{place}: names no table; write it like public.order_lines")
    stream = platforms_by_name()[account.platform].streams[0]
    names = {column.field: column.header for column in columns}
    zone = next(column.zone for column in columns if column.field == CHANGED)
    seen: set[tuple[Any, ...]] = set()
    for found in api.changed(table, names, CHANGED, _span(api, window), zone):
        row = _row(stream, columns, found)
        if _is_created_after(row, window.until):
            continue
        key = tuple(str(row[name]) for name in stream.key)
        if key in seen:
            raise ApiChanged(
                f"account {account.key}: {table}: order {key[0]} comes twice with line "
                f"{key[1]!r}; map the column that tells the lines of an order apart to line_id"
            )
        seen.add(key)
        yield row


def _span(api: Database, window: Window) -> tuple[datetime, datetime]:
    """Return from when to when changes are asked for.

    What was bought on the newest day and has changed since midnight is in no closed day yet.
    """
    since = datetime.combine(window.since, time(), SHANGHAI)
    until = datetime.combine(window.until + timedelta(days=1), time(), SHANGHAI)
    is_newest = window.until == business_date(api.now) - timedelta(days=1)
    return since, max(until, api.now) if is_newest else until


def _row(stream: Stream, columns: tuple[Column, ...], found: Mapping[str, Any]) -> Row:
    # a part of the key that the table does not have is the same for all
    row = {field.name: "" if field.name in stream.key else None for field in stream.fields}
    types = {field.name: field.type for field in stream.fields}
    return row | {c.field: _value(found[c.field], c, types[c.field]) for c in columns}


def _value(value: Any, column: Column, kind: pa.DataType) -> Any:
    """Return a value in our unit, zone and words."""
    if isinstance(value, date) and pa.types.is_timestamp(kind):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return moment if moment.tzinfo else moment.replace(tzinfo=column.zone)
    try:
        return parse_cell(value, column, kind)
    except (ArithmeticError, ValueError):
        # no field takes an object: the row is refused with the value, which a replay must not take
        return {str(value): "not as declared"}


def _is_created_after(row: Row, day: date) -> bool:
    created = row["created_at"]
    return isinstance(created, datetime) and business_date(created) > day
