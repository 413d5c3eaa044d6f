"""WeChat Shop: the two listings of ids; a next_key holds for the very parameters it came with."""

import hashlib
import json
from datetime import datetime, timedelta

from sandbox.routes.wechat.envelope import Body, Refused
from sandbox.shop_orders import SmallShop
from sandbox.state import State

ORDERS_AT_MOST, AFTER_SALES_AT_MOST = timedelta(days=7), timedelta(hours=24)
PAGE_AT_MOST = 100
AFTER_SALES_PAGE = 50  # assumed: it takes no page_size


def orders(state: State, shop: SmallShop, body: Body) -> Body:
    """order/list/get: at least one range of at most seven days."""
    check_names(body, {"create_time_range", "update_time_range", "page_size", "next_key"})
    size = body.get("page_size")
    if not isinstance(size, int) or not 0 < size <= PAGE_AT_MOST:
        raise Refused(47001, "page_size is 1 to 100")
    ranges = {n: body[n] for n in ("create_time_range", "update_time_range") if n in body}
    if not ranges:
        raise Refused(47001, "create_time_range or update_time_range")
    for span in ranges.values():
        check_span(span, "start_time", "end_time", ORDERS_AT_MOST)
    now = state.now()
    found = [
        (order.updated_at(now), order.order_id)
        for order in shop.orders
        if order.created_at <= now
        and is_within(ranges.get("create_time_range"), order.created_at)
        and is_within(ranges.get("update_time_range"), order.updated_at(now))
    ]
    return page_of(body, "order_id_list", found, size)


def after_sales(state: State, shop: SmallShop, body: Body) -> Body:
    """getaftersalelist: by create time only, at most 24 hours."""
    check_names(body, {"begin_create_time", "end_create_time", "next_key"})
    check_span(body, "begin_create_time", "end_create_time", AFTER_SALES_AT_MOST)
    span = {"start_time": body["begin_create_time"], "end_time": body["end_create_time"]}
    found = [
        (refund.applied_at, refund.aftersale_id)
        for order in shop.orders
        for refund in order.refunds
        if refund.applied_at <= state.now() and is_within(span, refund.applied_at)
    ]
    return page_of(body, "after_sale_order_id_list", found, AFTER_SALES_PAGE)


def check_names(body: Body, known: set[str]) -> None:
    """Raise for a parameter that this sandbox would have to ignore."""
    if unknown := sorted(body.keys() - known):
        raise Refused(47001, f"the sandbox does not know {unknown}")


def check_span(span: Body, start: str, end: str, at_most: timedelta) -> None:
    """Raise when a span is half, runs backwards, or is longer than the platform searches."""
    since, until = span.get(start), span.get(end)
    if not isinstance(since, int) or not isinstance(until, int):
        raise Refused(47001, f"{start} and {end} are unix seconds")
    if not timedelta(0) <= timedelta(seconds=until - since) <= at_most:
        raise Refused(47001, f"{start} to {end}: at most {at_most}")


def is_within(span: Body | None, moment: datetime) -> bool:
    """Tell whether a moment lies in a closed span, where there is one."""
    return span is None or span["start_time"] <= int(moment.timestamp()) <= span["end_time"]


def page_of(body: Body, name: str, found: list[tuple[datetime, str]], size: int) -> Body:
    """Return one page of ids; a key of other parameters is refused."""
    others = {key: value for key, value in body.items() if key != "next_key"}
    mark = hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()[:12]
    start = 0
    if key := body.get("next_key"):
        offset, _, of = str(key).partition(".")
        if of != mark:
            raise Refused(606006, ", next_key参数不正确，本次请求参数与上一页不一致")
        start = int(offset)
    ids = [item_id for _, item_id in sorted(found)]
    end = start + size
    answer = {name: ids[start:end], "has_more": end < len(ids)}
    return {**answer, "next_key": f"{end}.{mark}"}
