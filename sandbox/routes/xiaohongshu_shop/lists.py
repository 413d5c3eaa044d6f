"""Xiaohongshu Ark: the two lists; no amounts of what was paid or given back."""

from datetime import datetime

from sandbox.routes.xiaohongshu_shop.envelope import BAD, Body, Refused
from sandbox.routes.xiaohongshu_shop.items import listed_after_sale, listed_order
from sandbox.shop_orders import SmallShop
from sandbox.state import State

SPANS = {1: 86_400, 2: 1800}  # timeType: created, updated
PAGES_AT_MOST, SIZE_AT_MOST, DEPTH_AT_MOST = 100, 100, 50_000
PARAMETERS = {"startTime", "endTime", "timeType", "pageNo", "pageSize"}


def orders(state: State, shop: SmallShop, body: Body) -> Body:
    """order.getOrderList: pages from 1 to 100."""
    number, size = page_of(body)
    if number > PAGES_AT_MOST or size > SIZE_AT_MOST:
        raise Refused(BAD, "pageNo 1 to 100, pageSize 1 to 100")
    now = state.now()
    found = [
        (moment, order)
        for order in shop.orders
        if order.created_at <= now
        and is_within(body, moment := moment_of(body, order.created_at, order.updated_at(now)))
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].order_id), reverse=True)
    page = found[(number - 1) * size :][:size]
    rows = [listed_order(order, now) for _, order in page]
    return {**paging(len(found), number, size), "total": len(found), "orderList": rows}


def after_sales(state: State, shop: SmallShop, body: Body) -> Body:
    """afterSale.listAfterSaleInfos: no deeper than 50,000."""
    number, size = page_of(body)
    if number * size > DEPTH_AT_MOST:
        raise Refused(BAD, "pageNo times pageSize is 50000 at most")
    now = state.now()
    found = [
        (moment, refund.aftersale_id, listed_after_sale(order, refund, now))
        for order in shop.orders
        for refund in order.refunds
        if refund.applied_at <= now
        and is_within(body, moment := moment_of(body, refund.applied_at, refund.updated_at(now)))
    ]
    found.sort(key=lambda entry: entry[:2], reverse=True)
    rows = [row for *_, row in found[(number - 1) * size :][:size]]
    total = {"totalCount": len(found), "afterSaleBasicInfos": rows}
    return {**paging(len(found), number, size), **total}


def page_of(body: Body) -> tuple[int, int]:
    """Return page and size of a search whose span is right."""
    if unknown := sorted(body.keys() - PARAMETERS):
        raise Refused(BAD, f"the sandbox does not know {unknown}")
    if any(not isinstance(body.get(name), int) for name in PARAMETERS):
        raise Refused(BAD, f"{sorted(PARAMETERS)} are numbers")
    at_most = SPANS.get(body["timeType"])
    if at_most is None or not 0 <= body["endTime"] - body["startTime"] <= at_most:
        raise Refused(BAD, "startTime to endTime: 24 hours created, 30 minutes updated")
    if body["pageNo"] < 1 or body["pageSize"] < 1:
        raise Refused(BAD, "pageNo and pageSize from 1")
    return body["pageNo"], body["pageSize"]


def moment_of(body: Body, created: datetime, updated: datetime) -> datetime:
    """Return the moment that the search goes by."""
    return created if body["timeType"] == 1 else updated


def is_within(body: Body, moment: datetime) -> bool:
    """Tell whether a moment lies in the closed span, which is in seconds."""
    return bool(body["startTime"] <= int(moment.timestamp()) <= body["endTime"])


def paging(total: int, number: int, size: int) -> Body:
    """Return what a page says of itself."""
    return {"pageNo": number, "pageSize": size, "maxPageNo": -(-total // size)}
