"""Xiaohongshu Ark: orders and after-sales as they stand now, short in lists, whole by their id."""

from datetime import datetime

from sandbox.routes.xiaohongshu_shop.envelope import BAD, Body, Refused, milliseconds
from sandbox.shop_orders import SmallShop
from sandbox.state import State
from sandbox.world import Order, Refund

SKU = "sku-30ml"


def order(state: State, shop: SmallShop, body: Body) -> Body:
    """order.getOrderDetail: money in fen, freight included."""
    now = state.now()
    for found in shop.orders:
        if f"P{found.order_id}" == body.get("orderId") and found.created_at <= now:
            return detailed_order(found, now)
    raise Refused(BAD, "orderId is unknown")


def after_sale(state: State, shop: SmallShop, body: Body) -> Body:
    """afterSale.getAfterSaleInfo: a second envelope, money in yuan."""
    now = state.now()
    for sold in shop.orders:
        for refund in sold.refunds:
            if refund.aftersale_id == body.get("returnsId") and refund.applied_at <= now:
                data = {"afterSaleInfo": detailed_after_sale(sold, refund, now)}
                return {"success": True, "code": 0, "msg": "", "data": data}
    raise Refused(BAD, "returnsId is unknown")


def status_of(sold: Order, now: datetime) -> int:
    """Return the status an order has reached."""
    steps = ((sold.cancelled_at, 9), (sold.finished_at, 7), (sold.shipped_at, 6))
    for moment, status in (*steps, (sold.paid_at, 4)):
        if moment is not None and moment <= now:
            return status
    return 1


def listed_order(sold: Order, now: datetime) -> Body:
    """Return an order as lists show it: without what was paid."""
    return {
        "orderId": f"P{sold.order_id}",
        "orderType": 1,
        "orderStatus": status_of(sold, now),
        "orderAfterSalesStatus": 3 if sold.refunds else 1,
        "cancelStatus": 0,
        "createdTime": milliseconds(sold.created_at, now),
        "paidTime": milliseconds(sold.paid_at, now),
        "updateTime": milliseconds(sold.updated_at(now), now),
        "deliveryTime": milliseconds(sold.shipped_at, now),
        "cancelTime": milliseconds(sold.cancelled_at, now),
        "finishTime": milliseconds(sold.finished_at, now),
        "receiverProvinceName": "上海市",
        "customerRemark": "",
        "originalOrderId": "",
        "userId": sold.buyer,
    }


def detailed_order(sold: Order, now: datetime) -> Body:
    """Return an order with its money and its line."""
    is_paid = milliseconds(sold.paid_at, now) > 0
    paid = sold.amount_fen if is_paid else 0
    line = {
        **{"skuId": SKU, "skuName": "新品精华 30ml", "erpcode": "e1", "skuQuantity": 1},
        **{"totalPaidAmount": paid, "totalMerchantDiscount": 0, "totalRedDiscount": 0},
        "skuDetailList": [{"skuId": SKU, "pricePerSku": paid}],
    }
    money = {"totalPayAmount": paid, "totalShippingFree": 0, "merchantActualReceiveAmount": paid}
    person = {"receiverName": "张三", "receiverPhone": "13800000000"}
    return {**listed_order(sold, now), **money, **person, "skuList": [line]}


def listed_after_sale(sold: Order, refund: Refund, now: datetime) -> Body:
    """Return an after-sale as lists show it: without what was given back."""
    is_settled = refund.settled_at <= now
    return {
        "returnsId": refund.aftersale_id,
        "returnType": 4,
        "status": (4 if refund.is_refunded else 5) if is_settled else 1,
        "userId": sold.buyer,
        "orderId": f"P{sold.order_id}",
        "applyTime": milliseconds(refund.applied_at, now),
        "updatedAt": milliseconds(refund.updated_at(now), now),
        "expectedRefundAmountYuan": refund.amount_fen / 100,
    }


def detailed_after_sale(sold: Order, refund: Refund, now: datetime) -> Body:
    """Return an after-sale with what was given back."""
    is_back = refund.settled_at <= now and refund.is_refunded
    yuan = refund.amount_fen / 100
    return {
        **listed_after_sale(sold, refund, now),
        "refundStatus": 2 if is_back else 0,
        "refundAmountYuan": yuan if is_back else 0.0,
        "return_address": {"name": "张三", "phone": "13800000000"},
        "skus": [{"skuId": SKU, "appliedCount": 1, "appliedTotalAmountYuan": yuan}],
    }
