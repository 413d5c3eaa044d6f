"""Youzan: the trades whose state changed."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import count_of, list_of
from extractors.core.errors import SHAPE_ERRORS, ApiChanged, Transient
from extractors.core.model import Account, Api, Row, Window
from tidemark.clock import SHANGHAI, business_date

MOMENT, YUAN = pa.timestamp("us", tz="UTC"), pa.decimal128(18, 2)
TRADES = "/api/youzan.trades.sold.get/4.0.4"
PAGE = 100
LAG = timedelta(seconds=60)  # the platform says 30 until its search shows a change
TEXT = "%Y-%m-%d %H:%M:%S"
PAIRS = (
    ("start_created", "end_created"),
    ("start_update", "end_update"),
    ("start_success", "end_success"),
)

_ID, _COUNT = pa.string(), pa.int64()
LINE = pa.struct(
    {
        **dict.fromkeys(
            ("oid", "item_id", "sku_id", "outer_item_id", "outer_sku_id", "title"), _ID
        ),
        "num": _COUNT,
        **dict.fromkeys(("price", "discount_price", "total_fee", "payment"), YUAN),
    }
)
#: the parts of a trade whose fields make the row
PARTS = ("order_info", "pay_info", "buyer_info")
LANDED = frozenset(
    {"tid", "status", "type", "pay_type", "refund_state", "close_type", "created", "update_time"}
    | {"pay_time", "success_time", "payment", "total_fee", "post_fee", "yz_open_id"}
)

moment_of = coercer(MOMENT)


def trades(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every trade whose state changed within the window, with its lines."""
    since = datetime.combine(window.since, time(), SHANGHAI)
    until = datetime.combine(window.until, time(23, 59, 59), SHANGHAI)
    if window.until == business_date(api.now) - timedelta(days=1):
        # what was bought on the newest day and has changed since midnight is in no closed day yet
        until = max(until, (api.now - LAG).astimezone(SHANGHAI))
    span = {"start_update": since.strftime(TEXT), "end_update": until.strftime(TEXT)}
    for item in _changed(api, span):
        trade = item.get("full_order_info") if isinstance(item, Mapping) else item
        row = _row(trade) if isinstance(trade, Mapping) else trade
        if not (isinstance(row, Mapping) and _is_created_after(row, window.until)):
            yield row


def whole_pairs(filters: Row) -> Row:
    """Return the filters; a half pair would be ignored, and every trade there is would come."""
    given = {name for pair in PAIRS for name in pair if filters.get(name)}
    halves = [pair for pair in PAIRS if len(given & set(pair)) == 1]
    if halves or not given:
        raise ApiChanged(f"time filters come in pairs: give both of {(halves or PAIRS)[0]}")
    return filters


def _changed(api: Api, span: Row) -> Iterator[Any]:
    """Read the pages from the last to the first: a trade that changes leaves the window."""
    body = {**whole_pairs(span), "page_size": PAGE}
    first = api.post(TRADES, {**body, "page_no": 1})
    total = _total(first)
    for number in range(max(1, -(-total // PAGE)), 1, -1):
        yield from _whole(api.post(TRADES, {**body, "page_no": number}), number)
    # anew when there were others: what moved forward meanwhile stands on it now
    yield from _whole(api.post(TRADES, {**body, "page_no": 1}) if total > PAGE else first, 1)


def _total(answer: Row) -> int:
    paginator = answer.get("paginator")
    if "total_results" not in answer and isinstance(paginator, Mapping):
        return count_of(paginator, "total_count")  # newer answers
    return count_of(answer, "total_results")


def _whole(answer: Row, number: int) -> list[Any]:
    """Return the rows of a page; one that does not fit its own total is half a page."""
    rows = list_of(answer, "full_order_info_list")
    due = min(PAGE, max(0, _total(answer) - (number - 1) * PAGE))
    there = len({repr(row) for row in rows})
    if there < due or (there >= PAGE > due):
        raise Transient(f"trades: page {number} brought {there} rows and says {due}; ask again")
    return rows


def _row(trade: Row) -> Row:
    """Return one flat row; parts and fields that are not landed keep their names at most."""
    row: dict[str, Any] = {name: None for name in trade if name not in (*PARTS, "orders")}
    for part in PARTS:
        fields = trade.get(part)
        if fields is not None and not isinstance(fields, Mapping):
            return {**row, "tid": trade.get("tid"), "orders": f"{part} is no object"}
        row |= {n: v if n in LANDED else None for n, v in (fields or {}).items() if n not in row}
    tags = (trade.get("order_info") or {}).get("order_tags")
    row["is_payed"] = tags.get("is_payed") if isinstance(tags, Mapping) else tags
    lines = trade.get("orders")
    return {**row, "orders": lines}


def _is_created_after(row: Row, day: date) -> bool:
    try:
        return business_date(moment_of(row["created"])) > day
    except SHAPE_ERRORS:
        return False  # it has no such time, and goes to quarantine by that rule
