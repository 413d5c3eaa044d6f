"""Youzan: trades as they stand now; a half pair of time filters is ignored, as there."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.shop_orders import SmallShop
from sandbox.world import Order
from tidemark.clock import SHANGHAI

Body = dict[str, Any]

TEXT = "%Y-%m-%d %H:%M:%S"
SIZE_AT_MOST = 100  # assumed: what clients use
YEAR = timedelta(days=366)
LONG = "每次可搜索一年订单记录,请重新选择起止时间"
#: the pairs in the order in which they decide the sort
PAIRS = ("success", "update", "created")
PARAMETERS = {"page_no", "page_size", "status", "tid", "type"} | {
    f"{edge}_{pair}" for pair in PAIRS for edge in ("start", "end")
}


class Refused(Exception):
    """A code with its text, and what else stands in the envelope."""

    def __init__(self, code: int, text: str, **more: Any) -> None:
        super().__init__(text)
        self.code = code
        self.more = more


def sold(shop: SmallShop, body: Body, now: datetime, is_shifted: bool) -> Body:
    """trades.sold.get: pages from 1, newest first."""
    if unknown := sorted(body.keys() - PARAMETERS):
        raise Refused(4202, f"the sandbox does not know {unknown}")
    page, size = body.get("page_no", 1), body.get("page_size", 20)
    if page < 1 or not 0 < size <= SIZE_AT_MOST:
        raise Refused(4202, "page_no from 1, page_size 1 to 100")
    spans = {pair: span for pair in PAIRS if (span := span_of(body, pair))}
    found = [order for order in shop.orders if is_meant(order, spans, now)]
    sort = next(iter(spans), "created")
    found.sort(key=lambda o: (moment_of(o, sort, now) or now, o.order_id), reverse=True)
    if found and is_shifted:
        del found[0]
    rows = [{"full_order_info": shown(o, now)} for o in found[(page - 1) * size :][:size]]
    return {"total_results": len(found), "full_order_info_list": rows}


def span_of(body: Body, pair: str) -> tuple[datetime, datetime] | None:
    """Return a whole pair; a half one is as good as none."""
    start, end = body.get(f"start_{pair}"), body.get(f"end_{pair}")
    if not start or not end:
        return None
    since, until = (datetime.strptime(t, TEXT).replace(tzinfo=SHANGHAI) for t in (start, end))
    if until - since > YEAR:
        raise Refused(106000001, LONG, data={"full_order_info_list": []})
    return since, until


def is_meant(order: Order, spans: dict[str, tuple[datetime, datetime]], now: datetime) -> bool:
    """Tell whether a trade exists and lies in every span."""
    if order.created_at > now:
        return False
    for pair, (since, until) in spans.items():
        moment = moment_of(order, pair, now)
        if moment is None or not since <= moment <= until:
            return False
    return True


def moment_of(order: Order, pair: str, now: datetime) -> datetime | None:
    """Return the moment of a trade that a pair of filters goes by."""
    finished = order.finished_at if order.finished_at and order.finished_at <= now else None
    moments = {"created": order.created_at, "update": order.updated_at(now), "success": finished}
    return moments[pair]


def text_of(moment: datetime | None, now: datetime) -> str:
    """Return a moment of Shanghai, or nothing where it has not come."""
    if moment is None or moment > now:
        return ""
    return moment.astimezone(SHANGHAI).strftime(TEXT)


def status_of(order: Order, now: datetime) -> str:
    """Return the status a trade has reached."""
    steps = ((order.cancelled_at, "TRADE_CLOSED"), (order.finished_at, "TRADE_SUCCESS"))
    steps += ((order.shipped_at, "WAIT_BUYER_CONFIRM_GOODS"),)
    for moment, status in (*steps, (order.paid_at, "WAIT_SELLER_SEND_GOODS")):
        if moment is not None and moment <= now:
            return status
    return "WAIT_BUYER_PAY"


def shown(order: Order, now: datetime) -> Body:
    """Return a trade with its line; who bought it is sealed."""
    yuan = f"{order.amount_fen / 100:.2f}"
    paid_at = text_of(order.paid_at, now)
    info = {
        "tid": order.order_id,
        "status": status_of(order, now),
        "created": text_of(order.created_at, now),
        "update_time": text_of(order.updated_at(now), now),
        "pay_time": paid_at,
        "success_time": text_of(order.finished_at, now),
        **{"type": 0, "pay_type": 10, "refund_state": 0, "close_type": 0},
        "order_tags": {"is_payed": bool(paid_at)},
    }
    line = {
        **{"oid": f"{order.order_id}1", "item_id": 6725166, "sku_id": 1, "outer_item_id": ""},
        **{"outer_sku_id": "", "title": "新品精华 30ml", "num": 1, "price": yuan},
        **{"discount_price": yuan, "total_fee": yuan, "payment": yuan},
    }
    pay = {"payment": yuan, "total_fee": yuan, "post_fee": "0.00"}
    return {
        "order_info": info,
        "pay_info": {**pay, "transaction": ["42000"], "outer_transactions": ["42000"]},
        "orders": [line],
        "buyer_info": {"yz_open_id": order.buyer},
        "address_info": {"receiver_name": "$uhqbqg15==$1$"},
        "source_info": {"source": {"platform": "wx"}},
        "remark_info": {},
        "child_info": {},
    }
