"""WeChat Shop: one generator per stream; ids first, then each item by its id."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import code_of, flag_of, list_of
from extractors.core.errors import SHAPE_ERRORS, ApiChanged, Transient
from extractors.core.model import Account, Api, Row, Window
from extractors.platforms.wechat_shop.connection import STALE_KEY
from tidemark.clock import SHANGHAI, business_date

MOMENT = pa.timestamp("us", tz="UTC")
PAGE = 100
LAG = 60  # seconds until the platform's search shows a change
RESTARTS = 3
ORDER_LIST, ORDER = "/channels/ec/order/list/get", "/channels/ec/order/get"
AFTER_SALE_LIST = "/channels/ec/aftersale/getaftersalelist"
AFTER_SALE = "/channels/ec/aftersale/getaftersaleorder"

_ID, _COUNT = pa.string(), pa.int64()
LINE = pa.struct(
    {
        **dict.fromkeys(("product_id", "sku_id", "title"), _ID),
        **dict.fromkeys(("sku_cnt", "sale_price", "market_price", "real_price"), _COUNT),
    }
)
PRICES = ("product_price", "order_price", "freight", "discounted_price", "merchant_receieve_price")
DETAIL = pa.struct(
    {
        "product_infos": pa.list_(LINE),
        "pay_info": pa.struct({"pay_time": MOMENT, "transaction_id": _ID}),
        "price_info": pa.struct(dict.fromkeys(PRICES, _COUNT)),
        "ext_info": pa.struct({"finder_id": _ID, "live_id": _ID, "order_scene": _COUNT}),
    }
)
DETAIL_NAMES = frozenset(field.name for field in DETAIL)
PRODUCT = pa.struct({"product_id": _ID, "sku_id": _ID, "count": _COUNT})
REFUND = pa.struct({"amount": _COUNT})

moment_of = coercer(MOMENT)


def orders(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every order whose state changed within the window, with its lines."""
    since, until = _seconds(window)
    if window.until == business_date(api.now) - timedelta(days=1):
        # what was bought on the newest day and has changed since midnight is in no closed day yet
        until = max(until, int(api.now.timestamp()) - LAG)
    # the end stands still while the pages are read: another one would make the key stale
    span = {"start_time": since, "end_time": until}
    listed = {"update_time_range": span, "page_size": PAGE}

    def read(order_id: Any) -> Iterator[Any]:
        order = _item(api, ORDER, "order", "order_id", order_id)
        if isinstance(order, Mapping) and _is_created_after(order, window.until):
            return
        yield _without_people(order) if isinstance(order, Mapping) else order

    yield from api.each(read, _ids(api, ORDER_LIST, listed, "order_id_list"))


def after_sales(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every after-sale that was created within the window, as it stands now."""

    def read(item_id: Any) -> Iterator[Any]:
        yield _item(api, AFTER_SALE, "after_sale_order", "after_sale_order_id", item_id)

    for day in window.days():  # the list takes 24 hours at most
        since, until = _seconds(Window(day, day))
        span = {"begin_create_time": since, "end_create_time": until}
        yield from api.each(read, _ids(api, AFTER_SALE_LIST, span, "after_sale_order_id_list"))


def _ids(api: Api, path: str, body: Row, name: str) -> list[Any]:
    """Return every id of a listing; one whose key went stale is read from its beginning."""
    for _ in range(RESTARTS):
        if (found := _walk(api, path, body, name)) is not None:
            return found
    raise Transient(f"{name}: next_key was refused in {RESTARTS} readings; ask again")


def _walk(api: Api, path: str, body: Row, name: str) -> list[Any] | None:
    found: dict[str, Any] = {}
    key, used = "", {""}
    while True:
        answer = api.post(path, {**body, "next_key": key})
        if code_of(answer.get("errcode", 0)) == STALE_KEY:
            return None
        page = list_of(answer, name)
        found |= {str(item): item for item in page}
        if not flag_of(answer, "has_more"):
            return list(found.values())
        key = str(answer.get("next_key") or "")
        if key in used:
            raise ApiChanged(f"{name}: there is more, and next_key does not move")
        if not page:
            raise Transient(f"{name}: an empty page says that there is more; ask again")
        used.add(key)


def _item(api: Api, path: str, name: str, key: str, item_id: Any) -> Any:
    """Return the item of an id, whatever its shape; it must be the one that was asked for."""
    if not isinstance(item_id, str | int):
        return item_id  # no id at all: it goes to quarantine as it is
    answer = api.post(path, {key: str(item_id)})
    if code_of(answer.get("errcode", 0)) == STALE_KEY or answer.get(name) is None:
        raise ApiChanged(f"the answer has no {name!r}; rows might be missed")
    found = answer[name]
    if isinstance(found, Mapping) and str(found.get(key)) != str(item_id):
        raise ApiChanged(f"{name}: another {key} came than was asked for")
    return found


def _without_people(order: Row) -> Row:
    """Return the order; other parts of its detail keep their names and lose their values."""
    detail = order.get("order_detail")
    if not isinstance(detail, Mapping):
        return order
    kept = {name: detail[name] if name in DETAIL_NAMES else None for name in detail}
    return {**order, "order_detail": kept}


def _is_created_after(order: Row, day: date) -> bool:
    try:
        return business_date(moment_of(order["create_time"])) > day
    except SHAPE_ERRORS:
        return False  # it has no such time, and goes to quarantine by that rule


def _seconds(window: Window) -> tuple[int, int]:
    since = datetime.combine(window.since, time(), SHANGHAI)
    until = datetime.combine(window.until + timedelta(days=1), time(), SHANGHAI)
    return int(since.timestamp()), int(until.timestamp()) - 1
