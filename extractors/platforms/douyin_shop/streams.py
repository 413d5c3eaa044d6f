"""Douyin Shop: one generator per stream."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import count_of, list_of
from extractors.core.errors import SHAPE_ERRORS, Transient
from extractors.core.model import Account, Api, Row, Window
from tidemark.clock import SHANGHAI, business_date

MOMENT = pa.timestamp("us", tz="UTC")
PAGE, DEPTH = 100, 50_000
LAG = 60  # seconds until the platform's search shows a change
ReadPage = Callable[[int, int, int], Row]

_ID, _COUNT = pa.string(), pa.int64()
LINE_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("order_id", "parent_order_id", "product_id", "sku_id", "product_name"), _ID),
    **dict.fromkeys(("item_num", "order_amount", "pay_amount"), _COUNT),
    **dict.fromkeys(("author_id", "author_name", "room_id", "content_id", "video_id"), _ID),
    **dict.fromkeys(("origin_id", "cid", "theme_type"), _ID),
    **{"c_biz": _COUNT, "ad_env_type": _ID, "send_pay": _COUNT, "given_product_type": _ID},
    **{"order_status": _COUNT, "create_time": MOMENT, "pay_time": MOMENT, "update_time": MOMENT},
    **{"after_sale_status": _COUNT, "refund_status": _COUNT},
}

moment_of = coercer(MOMENT)


def orders(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every order whose state changed within the window, with its lines."""
    filters = {"order_by": "update_time", "order_asc": True}

    def page(since: int, until: int, number: int) -> Row:
        span = {"update_time_start": since, "update_time_end": until}
        body = {**filters, **span, "page": number, "size": PAGE}
        return cast(Row, api.post("/order/searchList", body))

    since, until = _seconds(window)
    if window.until == business_date(api.now) - timedelta(days=1):
        # what was bought on the newest day and has changed since midnight is in no closed day yet
        until = max(until, int(api.now.timestamp()) - LAG)
    for order in _changed(page, "shop_order_list", since, until):
        if _is_created_after(order, window.until):
            continue
        lines = order.get("sku_order_list")
        if isinstance(lines, list):
            lines = [_line(line) if isinstance(line, Mapping) else line for line in lines]
        yield {**order, "sku_order_list": lines}


def after_sales(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every after-sale whose state changed within the window."""

    def page(since: int, until: int, number: int) -> Row:
        span = {"update_start_time": since, "update_end_time": until}
        order = {"order_by": ["update_time asc"]}
        body = {**order, **span, "page": number, "size": PAGE}
        return cast(Row, api.post("/afterSale/List", body))

    for item in _changed(page, "items", *_seconds(window)):
        shop_order = (item.get("order_info") or {}).get("shop_order_id")
        yield {**(item.get("aftersale_info") or {}), "shop_order_id": shop_order}


def _changed(
    page: ReadPage, name: str, since: int, until: int, first: Row | None = None
) -> Iterator[Any]:
    """Read the pages of a window; one that is deeper than the platform goes is halved."""
    first = page(since, until, 0) if first is None else first
    total = _total(first)
    if total > DEPTH and until > since:
        middle = (since + until) // 2
        spans = ((since, middle), (middle + 1, until))
        halves = [(begin, end, page(begin, end, 0)) for begin, end in spans]
        if (parts := sum(_total(half) for *_, half in halves)) > total + DEPTH:
            # a total that stays as it is whatever is asked would be halved for ever
            raise Transient(f"{name}: {total} rows in all, and {parts} in the two halves")
        for begin, end, half in halves:
            yield from _changed(page, name, begin, end, half)
        return
    if total <= PAGE:
        yield from _whole(first, name, 0)
        return
    # from the last page back: an order that changes meanwhile leaves the window, and those
    # behind it move forward, onto a page that is still to be read
    for number in range((total - 1) // PAGE, -1, -1):
        answer = page(since, until, number)
        if not answer:
            raise Transient(f"{name}: page {number} of {total} rows came empty; ask again")
        yield from _whole(answer, name, number)


def _total(answer: Row) -> int:
    return count_of(answer, "total") if answer else 0


def _whole(answer: Row, name: str, number: int) -> list[Any]:
    """Return the rows of a page; one that does not fit its own total is half a page."""
    rows = list_of(answer, name) if answer else []
    due = min(PAGE, max(0, _total(answer) - number * PAGE))
    there = len({json.dumps(row, sort_keys=True) for row in rows})
    if there < due or (there >= PAGE > due):
        raise Transient(f"{name}: page {number} brought {there} rows and says {due}; ask again")
    return rows


def _is_created_after(order: Row, day: date) -> bool:
    try:
        return business_date(moment_of(order["create_time"])) > day
    except SHAPE_ERRORS:
        return False  # it has no such time, and goes to quarantine by that rule


def _line(line: Row) -> Row:
    refund = line.get("after_sale_info") or {}
    found = {**line, **{name: refund.get(name) for name in ("after_sale_status", "refund_status")}}
    for name in ("product_id", "room_id"):  # the number may have been rounded on its way
        found[name] = line.get(f"{name}_str") or line.get(name)
    # other keys keep their names, so that new ones are seen, and lose their values
    return {name: found[name] if name in LINE_TYPES else None for name in found}


def _seconds(window: Window) -> tuple[int, int]:
    since = datetime.combine(window.since, time(), SHANGHAI)
    until = datetime.combine(window.until + timedelta(days=1), time(), SHANGHAI)
    return int(since.timestamp()), int(until.timestamp()) - 1
