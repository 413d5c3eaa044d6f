"""Douyin Shop orders as they stand now, each with its one line."""

from datetime import datetime
from typing import Any

from sandbox.routes.douyin_shop.envelope import Body, Refused
from sandbox.routes.douyin_shop.searching import (
    check_parameters,
    check_window,
    is_within,
    page_of,
)
from sandbox.state import State
from sandbox.world import Order, Shop

PATH = "/order/searchList"
PARAMETERS = frozenset(
    {"page", "size", "order_by", "order_asc", "combine_status"}
    | {f"{kind}_time_{edge}" for kind in ("create", "update") for edge in ("start", "end")}
)
STATUS_TEXTS = {1: "待支付", 2: "待发货", 3: "已发货", 4: "已取消", 5: "已完成"}
UNUSED_AMOUNTS = (
    "modify_amount",
    "promotion_amount",
    "promotion_shop_amount",
    "promotion_platform_amount",
    "promotion_talent_amount",
    "promotion_pay_amount",
    "shop_cost_amount",
    "platform_cost_amount",
    "only_platform_cost_amount",
    "author_cost_amount",
)


def order_list(state: State, shop: Shop, body: Body) -> Body:
    """order.searchList: no has_more; total is a number that comes as text."""
    check_parameters(body, PARAMETERS)
    page, size = page_of(body)
    for kind in ("create", "update"):
        check_window(body, f"{kind}_time_start", f"{kind}_time_end")
    now, statuses = state.now(), wanted_statuses(body)
    found = [
        order
        for order in shop.orders
        if order.created_at <= now
        and is_within(body, "create_time_start", "create_time_end", order.created_at)
        and is_within(body, "update_time_start", "update_time_end", order.updated_at(now))
        and (not statuses or status_of(order, now) in statuses)
    ]
    by_update = body.get("order_by") == "update_time"
    found.sort(
        key=lambda o: (o.updated_at(now) if by_update else o.created_at, o.order_id),
        reverse=body.get("order_asc") is not True,
    )
    if found and state.faults.is_shifted(f"/douyin_shop{PATH}"):
        del found[0]  # it changed while its caller was paging, and left the window
    rows = [listed(shop, order, now) for order in found[page * size :][:size]]
    return {"page": page, "size": size, "total": str(len(found)), "shop_order_list": rows}


def wanted_statuses(body: Body) -> set[int]:
    """Return the statuses of combine_status, which takes one element; none is all."""
    combined = body.get("combine_status") or []
    if len(combined) > 1:
        raise Refused(40004, "isv.parameter-invalid", "combine_status takes one element")
    texts = [text for item in combined for text in str(item.get("order_status", "")).split(",")]
    if not all(text.isdigit() for text in texts):
        raise Refused(40004, "isv.parameter-invalid", "order_status: numbers and commas")
    return {int(text) for text in texts}


def order_detail(state: State, shop: Shop, body: Body) -> Body:
    """order.orderDetail: one order by its id."""
    for order in shop.orders:
        if order.order_id == body.get("shop_order_id") and order.created_at <= state.now():
            return {"shop_order_detail": listed(shop, order, state.now())}
    raise Refused(50002, "isv.business-failed:4001", "the order does not exist")


def seconds(moment: datetime | None, now: datetime) -> int:
    """Return unix seconds of what has happened, 0 of what has not."""
    return int(moment.timestamp()) if moment is not None and moment <= now else 0


def status_of(order: Order, now: datetime) -> int:
    """Return the status an order has reached."""
    steps = ((order.cancelled_at, 4), (order.finished_at, 5), (order.shipped_at, 3))
    for moment, status in (*steps, (order.paid_at, 2)):
        if seconds(moment, now):
            return status
    return 1


def common_fields(order: Order, now: datetime) -> dict[str, Any]:
    """Return what stands on the order and on its line alike."""
    paid_at = seconds(order.paid_at, now)
    return {
        "order_id": order.order_id,
        "order_type": 0,
        "order_status": status_of(order, now),
        "order_status_desc": STATUS_TEXTS[status_of(order, now)],
        "b_type": 2,
        "b_type_desc": "抖音",
        "sub_b_type": 1,
        "order_amount": order.amount_fen,
        "pay_amount": order.amount_fen if paid_at else 0,
        "post_amount": 0,
        "create_time": seconds(order.created_at, now),
        "pay_time": paid_at,
        "ship_time": seconds(order.shipped_at, now),
        "finish_time": seconds(order.finished_at, now),
        "update_time": int(order.updated_at(now).timestamp()),
    }


def listed(shop: Shop, order: Order, now: datetime) -> Body:
    """Return an order as it stands now; who bought it is sealed."""
    return {
        **common_fields(order, now),
        **dict.fromkeys(UNUSED_AMOUNTS, 0),
        "shop_id": int(shop.shop_id),
        "shop_name": shop.name,
        "order_level": 2,
        "biz": 2,
        "main_status": status_of(order, now),
        "order_expire_time": 1800,
        "cancel_reason": "不想要了" if seconds(order.cancelled_at, now) else "",
        "pay_type": 1,
        "doudian_open_id": order.buyer,
        "encrypt_post_receiver": "#sealed==",
        "encrypt_post_tel": "#sealed==",
        "mask_post_receiver": "张*",
        "mask_post_tel": "1********11",
        "post_addr": {
            "province": {"name": "北京市", "id": "110000"},
            "encrypt_detail": "#sealed==",
        },
        "sku_order_list": [line(shop, order, now)],
    }


def line(shop: Shop, order: Order, now: datetime) -> Body:
    """Return the order's line: the product, and the room, video and author that sold it."""
    return {
        **common_fields(order, now),
        "parent_order_id": order.order_id,
        "order_level": 3,
        "product_id": 3473196049974326153,
        "product_id_str": "3473196049974326153",
        "sku_id": 3254535,
        "product_name": "新品精华 30ml",
        "item_num": 1,
        "author_id": int(order.author_id or 0),
        "author_name": shop.name if order.author_id else "",
        "theme_type": "1" if order.room_id else "0",
        "room_id": int(order.room_id or 0),
        "room_id_str": order.room_id or "0",
        "content_id": order.room_id or order.video_id,
        "video_id": order.video_id,
        "origin_id": "",
        "cid": 0,
        "c_biz": 8,
        "ad_env_type": "live" if order.room_id else "",
        "send_pay": 0,
        "given_product_type": "MASTER",
        "after_sale_info": after_sale_info(order, now),
    }


def after_sale_info(order: Order, now: datetime) -> Body:
    """Return what the line says of money given back."""
    refunded = any(r.is_refunded and r.settled_at <= now for r in order.refunds)
    status, kind, refund_status = (12, 1, 3) if refunded else (0, 0, 0)
    return {
        "after_sale_status": status,
        "after_sale_type": kind,
        "refund_status": refund_status,
    }
