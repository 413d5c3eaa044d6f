"""WeChat Shop: one order, one after-sale, as they stand now."""

from datetime import datetime

from sandbox.routes.wechat.envelope import Body, Refused
from sandbox.shop_orders import SmallShop
from sandbox.state import State
from sandbox.world import Order, Refund

NOT_FOUND = 10020050  # assumed: the contract names no code
PRODUCT_ID, SKU_ID = "10000012345", "20000012345"


def order(state: State, shop: SmallShop, body: Body) -> Body:
    """order/get: who bought it stands in openid and delivery_info."""
    now = state.now()
    for found in shop.orders:
        if found.order_id == body.get("order_id") and found.created_at <= now:
            return {"order": shown(found, now)}
    raise Refused(NOT_FOUND, "order not exist")


def after_sale(state: State, shop: SmallShop, body: Body) -> Body:
    """getaftersaleorder."""
    now = state.now()
    for sold in shop.orders:
        for refund in sold.refunds:
            is_it = refund.aftersale_id == body.get("after_sale_order_id")
            if is_it and refund.applied_at <= now:
                return {"after_sale_order": refund_shown(sold, refund, now)}
    raise Refused(NOT_FOUND, "after sale order not exist")


def status_of(sold: Order, now: datetime) -> int:
    """Return the status an order has reached."""
    steps = ((sold.cancelled_at, 250), (sold.finished_at, 100), (sold.shipped_at, 30))
    for moment, status in (*steps, (sold.paid_at, 20)):
        if moment is not None and moment <= now:
            return status
    return 10


def shown(sold: Order, now: datetime) -> Body:
    """Return an order with the one line it has."""
    is_paid = sold.paid_at is not None and sold.paid_at <= now
    pay_info = {
        "pay_time": int(sold.paid_at.timestamp()) if sold.paid_at and is_paid else 0,
        "transaction_id": f"42000{sold.order_id}" if is_paid else "",
    }
    line = {
        **{"product_id": PRODUCT_ID, "sku_id": SKU_ID, "title": "新品精华 30ml", "sku_cnt": 2},
        **{"sale_price": sold.amount_fen // 2, "market_price": sold.amount_fen // 2},
        **{"real_price": sold.amount_fen, "estimate_price": sold.amount_fen},
    }
    prices = {"product_price": sold.amount_fen, "order_price": sold.amount_fen, "freight": 0}
    prices |= {"discounted_price": 0, "merchant_receieve_price": sold.amount_fen}
    scene = 2 if sold.room_id else 1
    ext = {"finder_id": sold.author_id, "live_id": sold.room_id, "order_scene": scene}
    detail = {"product_infos": [line], "pay_info": pay_info, "price_info": prices, "ext_info": ext}
    person = {"user_name": "张三", "tel_number": "13800000000"}
    return {
        "order_id": sold.order_id,
        "status": status_of(sold, now),
        "create_time": int(sold.created_at.timestamp()),
        "update_time": int(sold.updated_at(now).timestamp()),
        "openid": sold.buyer,
        "unionid": f"union-{sold.buyer}",
        "order_detail": {**detail, "delivery_info": {"address_info": person}},
        "aftersale_detail": {"on_aftersale_order_cnt": 0},
    }


def refund_shown(sold: Order, refund: Refund, now: datetime) -> Body:
    """Return an after-sale; a withdrawn one is closed by its buyer."""
    status = "MERCHANT_PROCESSING"
    if refund.settled_at <= now:
        status = "MERCHANT_REFUND_SUCCESS" if refund.is_refunded else "USER_CANCELD"
    return {
        "after_sale_order_id": refund.aftersale_id,
        "order_id": sold.order_id,
        "status": status,
        "type": "REFUND",
        "openid": sold.buyer,
        "unionid": f"union-{sold.buyer}",
        "product_info": {"product_id": PRODUCT_ID, "sku_id": SKU_ID, "count": 1},
        "refund_info": {"amount": refund.amount_fen},
        "create_time": int(refund.applied_at.timestamp()),
        "update_time": int(refund.updated_at(now).timestamp()),
    }
