"""Douyin Shop after-sales as they stand now."""

from datetime import datetime

from sandbox.routes.douyin_shop.envelope import Body, Refused
from sandbox.routes.douyin_shop.searching import (
    check_parameters,
    check_window,
    is_within,
    page_of,
)
from sandbox.state import State
from sandbox.world import Order, Refund, Shop

PATH = "/afterSale/List"
PARAMETERS = frozenset(
    {"page", "size", "order_by", "order_id", "start_time", "end_time"}
    | {"update_start_time", "update_end_time"}
)
PENDING, DONE, FAILED = 6, 12, 28


def after_sale_list(state: State, shop: Shop, body: Body) -> Body:
    """afterSale.List: has_more and total; the names of its windows are its own."""
    check_parameters(body, PARAMETERS)
    page, size = page_of(body)
    check_window(body, "start_time", "end_time")
    check_window(body, "update_start_time", "update_end_time")
    now = state.now()
    found = [
        (refund, order)
        for order in shop.orders
        for refund in order.refunds
        if refund.applied_at <= now
        and body.get("order_id", order.order_id) == order.order_id
        and is_within(body, "start_time", "end_time", refund.applied_at)
        and is_within(body, "update_start_time", "update_end_time", refund.updated_at(now))
    ]
    sort_pairs(found, body, now)
    if found and state.faults.is_shifted(f"/douyin_shop{PATH}"):
        del found[0]  # it changed while its caller was paging, and left the window
    return {
        "items": [listed(refund, order, now) for refund, order in found[page * size :][:size]],
        "has_more": (page + 1) * size < len(found),
        "total": len(found),
        "page": page,
        "size": size,
    }


def sort_pairs(pairs: list[tuple[Refund, Order]], body: Body, now: datetime) -> None:
    """Sort after-sales as the first element of order_by says, newest change first without one."""
    text = (body.get("order_by") or ["update_time desc"])[0]
    field, _, direction = str(text).partition(" ")
    if field not in ("update_time", "apply_time") or direction not in ("asc", "desc"):
        raise Refused(40004, "isv.parameter-invalid", f"order_by: {text} is no order")

    def key(pair: tuple[Refund, Order]) -> tuple[datetime, str]:
        refund = pair[0]
        moment = refund.applied_at if field == "apply_time" else refund.updated_at(now)
        return moment, refund.aftersale_id

    pairs.sort(key=key, reverse=direction == "desc")


def listed(refund: Refund, order: Order, now: datetime) -> Body:
    """Return an after-sale as it stands now; a withdrawn one keeps refund_status 1."""
    is_settled = refund.settled_at <= now
    status = (DONE if refund.is_refunded else FAILED) if is_settled else PENDING
    info = {
        "aftersale_id": refund.aftersale_id,
        "aftersale_order_type": 1,
        "aftersale_type": refund.kind,
        "aftersale_status": status,
        "related_id": order.order_id,
        "apply_time": int(refund.applied_at.timestamp()),
        "create_time": int(refund.applied_at.timestamp()),
        "update_time": int(refund.updated_at(now).timestamp()),
        "status_deadline": 0,
        "refund_amount": refund.amount_fen,
        "refund_post_amount": 0,
        "refund_tax_amount": 0,
        "return_promotion_amount": 0,
        "refund_status": 3 if status == DONE else 1,
        "aftersale_num": 1,
    }
    related = [{"sku_order_id": order.order_id, "pay_amount": order.amount_fen}]
    return {
        "aftersale_info": info,
        "order_info": {"shop_order_id": order.order_id, "related_order_info": related},
        "text_part": {"aftersale_status_text": ""},
        "seller_logs": [],
    }
