"""Xiaohongshu Ark: one generator per stream; lists of half hours, then each item by its id."""

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
ORDER_LIST, ORDER = "/order.getOrderList", "/order.getOrderDetail"
AFTER_SALE_LIST, AFTER_SALE = "/afterSale.listAfterSaleInfos", "/afterSale.getAfterSaleInfo"
HALF_HOUR = 1800  # the most that a search by update time takes
UPDATED = 2  # timeType
ORDER_PAGE, ORDER_PAGES = 100, 100
AFTER_SALE_PAGE, AFTER_SALE_PAGES = 50, 1000  # 50,000 rows are the deepest
LAG = 60  # seconds until the platform's search shows a change

_ID, _COUNT = pa.string(), pa.int64()
LINE = pa.struct(
    {
        **dict.fromkeys(("skuId", "skuName", "erpcode"), _ID),
        **dict.fromkeys(("skuQuantity", "totalPaidAmount"), _COUNT),
        **dict.fromkeys(("totalMerchantDiscount", "totalRedDiscount"), _COUNT),
    }
)
APPLIED = pa.struct({"skuId": _ID, "appliedCount": _COUNT, "appliedTotalAmountYuan": YUAN})

moment_of = coercer(MOMENT)


def orders(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every order whose state changed within the window, with its money and its lines."""
    since, until = _seconds(window)
    if window.until == business_date(api.now) - timedelta(days=1):
        # what was bought on the newest day and has changed since midnight is in no closed day yet
        until = max(until, int(api.now.timestamp()) - LAG)
    listed: dict[str, Any] = {}
    for span in _half_hours(since, until):
        body = {**span, "timeType": UPDATED, "pageSize": ORDER_PAGE}
        for row in _pages(api, ORDER_LIST, body, ("orderList", "total"), ORDER_PAGES):
            if not _is_created_after(row, window.until):
                listed[_key(row, "orderId")] = row

    def read(row: Any) -> Iterator[Any]:
        yield _item(api, ORDER, "orderId", row)

    yield from api.each(read, list(listed.values()))


def after_sales(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every after-sale whose state changed within the window, with the money given back."""
    listed: dict[str, Any] = {}
    for span in _half_hours(*_seconds(window)):
        body = {**span, "timeType": UPDATED, "pageSize": AFTER_SALE_PAGE}
        names = ("afterSaleBasicInfos", "totalCount")
        for row in _pages(api, AFTER_SALE_LIST, body, names, AFTER_SALE_PAGES):
            listed[_key(row, "returnsId")] = row

    def read(row: Any) -> Iterator[Any]:
        yield _item(api, AFTER_SALE, "returnsId", row)

    yield from api.each(read, list(listed.values()))


def _pages(
    api: Api, path: str, body: Row, names: tuple[str, str], pages_at_most: int
) -> Iterator[Any]:
    """Read the pages of one span from the last to the first, as the platform asks."""
    first = api.post(path, {**body, "pageNo": 1})
    total, pages = count_of(first, names[1]), count_of(first, "maxPageNo")
    due = -(-total // body["pageSize"])
    if pages < due:
        raise ApiChanged(f"{names[0]}: {total} rows on {pages} pages; rows might be missed")
    if due > pages_at_most:
        raise ApiChanged(f"{names[0]}: {total} rows are deeper than the platform goes")
    for number in range(due, 1, -1):
        yield from _whole(api.post(path, {**body, "pageNo": number}), body, names, number)
    # anew when there were others: what moved forward meanwhile stands on it now
    last = api.post(path, {**body, "pageNo": 1}) if due > 1 else first
    yield from _whole(last, body, names, 1)


def _whole(answer: Row, body: Row, names: tuple[str, str], number: int) -> list[Any]:
    """Return the rows of a page; one that does not fit its own total is half a page."""
    rows, size = list_of(answer, names[0]), body["pageSize"]
    due = min(size, max(0, count_of(answer, names[1]) - (number - 1) * size))
    there = len({repr(row) for row in rows})
    if there < due or (there >= size > due):
        raise Transient(f"{names[0]}: page {number} brought {there} rows and says {due}; ask again")
    return rows


def _item(api: Api, path: str, key: str, row: Any) -> Any:
    """Return a listed row with its detail, whatever its shape; it must be the one asked for."""
    asked = row.get(key) if isinstance(row, Mapping) else None
    if not isinstance(asked, str | int) or not asked:
        return _without_people(row)  # nothing to ask by: it goes to quarantine as it is
    answer = api.post(path, {key: str(asked)})
    found = answer.get("afterSaleInfo") if path == AFTER_SALE else answer
    if not isinstance(found, Mapping):
        if not found:
            raise ApiChanged(f"the answer has no item for {key}; rows might be missed")
        return found
    if str(found.get(key)) != str(asked):
        raise ApiChanged(f"another {key} came than was asked for")
    return _without_people({**row, **found})


def _without_people(row: Any) -> Any:
    """Return the row; a receiver's fields keep their names and lose their values."""
    if not isinstance(row, Mapping):
        return row
    sealed = ("receiver", "customerRemark", "sellerRemark", "return_address", "openAddressId")
    return {name: None if name.startswith(sealed) else value for name, value in row.items()}


def _key(row: Any, name: str) -> str:
    return str(row.get(name)) if isinstance(row, Mapping) and row.get(name) else repr(row)


def _is_created_after(row: Any, day: date) -> bool:
    try:
        return business_date(moment_of(row["createdTime"])) > day
    except SHAPE_ERRORS:
        return False  # it has no such time, and goes to quarantine by that rule


def _half_hours(since: int, until: int) -> Iterator[Row]:
    """Cut a span of seconds into half hours that share their edges.

    Nobody says whether the end belongs to a search: what comes twice is read once.
    """
    for start in range(since, until, HALF_HOUR):
        yield {"startTime": start, "endTime": min(start + HALF_HOUR, until)}


def _seconds(window: Window) -> tuple[int, int]:
    since = datetime.combine(window.since, time(), SHANGHAI)
    until = datetime.combine(window.until + timedelta(days=1), time(), SHANGHAI)
    return int(since.timestamp()), int(until.timestamp())
