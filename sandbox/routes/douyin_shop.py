"""Douyin Shop: signed calls, tokens, orders with lines, after-sales.

The signature is computed anew from the raw body, byte for byte; the body must be sorted JSON.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.state import State
from sandbox.world import Order, Refund, Shop
from tidemark.clock import SHANGHAI

TOKEN_SECONDS = 604_800
REFRESH_SECONDS = 1_209_600
SKEW = timedelta(minutes=10)
SIZE_AT_MOST = 100
# assumed: nobody publishes them
WINDOW_AT_MOST = timedelta(days=90)
DEPTH_AT_MOST = 50_000

Body = dict[str, Any]
Read = Callable[[State, Shop, Body], Body]


class Refused(Exception):
    """A code with its sub code."""

    def __init__(self, code: int, sub_code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.sub_code = sub_code


def routes(state: State) -> list[Route]:
    """Return the methods that exist; all take POST."""

    def signed(method: str, read: Read, *, with_token: bool = True) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                fault_of(state, request)
                shop, body = await checked(state, request, method)
                if with_token:
                    check_token(state, shop, request)
                return envelope(10000, "success", "", "", read(state, shop, body))
            except Refused as refusal:
                return envelope(refusal.code, "error", refusal.sub_code, str(refusal), {})

        return endpoint

    methods: dict[str, tuple[str, Read, bool]] = {
        "/token/create": ("token.create", token_create, False),
        "/token/refresh": ("token.refresh", token_refresh, False),
        "/order/searchList": ("order.searchList", order_list, True),
        "/order/orderDetail": ("order.orderDetail", order_detail, True),
        "/afterSale/List": ("afterSale.List", after_sale_list, True),
    }
    return [
        Route(f"/douyin_shop{path}", signed(method, read, with_token=needs), methods=["POST"])
        for path, (method, read, needs) in methods.items()
    ]


def envelope(code: int, msg: str, sub_code: str, sub_msg: str, data: Any) -> JSONResponse:
    """Return the answer's envelope; HTTP is always 200."""
    body = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg, "data": data}
    return JSONResponse({**body, "log_id": "2026041600000000000000"})


def fault_of(state: State, request: Request) -> None:
    """Raise the fault that was ordered for this call, if any."""
    fault = state.route_fault(request.url.path)
    if fault is None:
        return
    known = {"rate_limit": (60000, "isv.traffic-limited"), "quota": (60000, "isv.traffic-limited")}
    code, sub_code = known.get(fault.kind, (int(fault.value or 20000), "dop.service-error"))
    raise Refused(code, sub_code, "fault on order")


async def checked(state: State, request: Request, method: str) -> tuple[Shop, Body]:
    """Return the shop and business parameters of a call whose signature is right."""
    query = request.query_params
    for name in ("app_key", "method", "timestamp", "v", "sign", "sign_method"):
        if name not in query:
            sub_code = "isv.signature-missing" if name == "sign" else "isv.parameter-missing"
            raise Refused(40001, sub_code, f"{name} is missing")
    shop = next((s for s in state.world.shops if s.app_key == query["app_key"]), None)
    if shop is None:
        raise Refused(40003, "isv.app-key-invalid", "app_key is unknown")
    if query["method"] != method or query["v"] != "2":
        raise Refused(40003, "isv.parameter-invalid", "method or v does not fit the path")
    check_time(state, query["timestamp"])
    raw = (await request.body()).decode()
    if not hmac.compare_digest(sign(shop, method, raw, query["timestamp"]), query["sign"]):
        raise Refused(40003, "isv.signature-invalid", "the signature does not fit")
    return shop, param_json(raw)


def sign(shop: Shop, method: str, param: str, timestamp: str) -> str:
    """Return the HMAC-SHA256 signature of a call."""
    pattern = f"app_key{shop.app_key}method{method}param_json{param}timestamp{timestamp}v2"
    base = f"{shop.app_secret}{pattern}{shop.app_secret}"
    return hmac.new(shop.app_secret.encode(), base.encode(), hashlib.sha256).hexdigest()


def check_time(state: State, text: str) -> None:
    """Raise when the timestamp is malformed or more than ten minutes off."""
    try:
        moment = (
            datetime.fromtimestamp(int(text), SHANGHAI)
            if text.isdigit()
            else datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        )
    except ValueError:
        raise Refused(40003, "isv.timestamp-format-error", "timestamp is malformed") from None
    if abs(state.now() - moment) > SKEW:
        raise Refused(40003, "isv.timestamp-invalid", "timestamp is more than ten minutes off")


def param_json(raw: str) -> Body:
    """Return the business parameters; the text must be the canonical one."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused(40003, "isv.parameter-format-invalid", "param_json is not JSON") from None
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not isinstance(body, dict) or canonical != raw:
        raise Refused(40003, "isv.parameter-format-invalid", "param_json is not sorted and dense")
    return body


def check_token(state: State, shop: Shop, request: Request) -> None:
    """Raise when the access token is missing, unknown, expired, or the caller asks too much."""
    value = request.query_params.get("access_token")
    if not value:
        raise Refused(40001, "isv.access-token-missing", "access_token is missing")
    owner = state.owner_of(value)
    if owner == "":
        raise Refused(40003, "isv.access-token-expired", "access_token has expired")
    if owner != shop.shop_id:
        raise Refused(40003, "isv.access-token-no-existed", "access_token is unknown")
    if state.is_too_fast(owner) or state.is_over_quota(owner):
        raise Refused(60000, "isv.traffic-limited", "too many calls")


def token_create(state: State, shop: Shop, body: Body) -> Body:
    """token.create for a self-use app: code is there and empty."""
    if "code" not in body:
        raise Refused(40002, "isv.parameter-missing", "code is missing")
    if body.get("grant_type") != "authorization_self" or body["code"] != "":
        raise Refused(40004, "isv.parameter-invalid", "self-use apps send an empty code")
    if str(body.get("shop_id")) != shop.shop_id:
        raise Refused(30001, "dop.authorization-no-existed", "the shop did not authorise the app")
    return issued(state, shop)


def token_refresh(state: State, shop: Shop, body: Body) -> Body:
    """token.refresh: more than an hour before its end the same pair comes back."""
    if body.get("grant_type") != "refresh_token":
        raise Refused(40004, "isv.parameter-invalid", "grant_type must be refresh_token")
    if body.get("refresh_token") != f"refresh-{shop.shop_id}":
        raise Refused(50001, "dop.token-generate-failed:token-expired", "refresh_token expired")
    return issued(state, shop)


def issued(state: State, shop: Shop) -> Body:
    """Return the standing token of a shop, or a new one in its last hour and after."""
    soon = state.now() + timedelta(hours=1)
    standing = [t for t in state.tokens.values() if t.owner == shop.shop_id and t.expires_at > soon]
    token = standing[-1] if standing else state.issue("", shop.shop_id, TOKEN_SECONDS)
    return {
        "access_token": token.value,
        "expires_in": int((token.expires_at - state.now()).total_seconds()),
        "refresh_token": f"refresh-{shop.shop_id}",
        "scope": "SCOPE",
        "shop_id": int(shop.shop_id),
        "shop_name": shop.name,
        "authority_id": "",
        "auth_subject_type": "",
    }


def page_of(body: Body) -> tuple[int, int]:
    """Return page (from 0) and size (at most 100) of a listing."""
    try:
        page, size = int(body.get("page", 0)), int(body.get("size", 10))
    except (TypeError, ValueError):
        raise Refused(40004, "isv.parameter-invalid", "page and size are numbers") from None
    if page < 0 or not 0 < size <= SIZE_AT_MOST:
        raise Refused(40004, "isv.parameter-invalid", "page from 0, size 1 to 100")
    if (page + 1) * size > DEPTH_AT_MOST:
        raise Refused(40004, "isv.parameter-invalid", f"no deeper than {DEPTH_AT_MOST}")
    return page, size


def within(body: Body, start: str, end: str, moment: datetime) -> bool:
    """Tell whether a moment lies in the closed window of two parameters, where given."""
    seconds = int(moment.timestamp())
    return int(body.get(start, 0)) <= seconds <= int(body.get(end, 2**62))


def check_window(body: Body, start: str, end: str) -> None:
    """Raise when a window is longer than the platform searches."""
    if start in body and end in body:
        span = timedelta(seconds=int(body[end]) - int(body[start]))
        if span < timedelta(0) or span > WINDOW_AT_MOST:
            raise Refused(40004, "isv.parameter-invalid", f"{start} to {end}: at most 90 days")


def updated_at(order: Order, now: datetime) -> datetime:
    """Return when an order last changed, seen from now."""
    moments = [order.created_at, order.paid_at]
    if order.is_cancelled:
        moments.append(order.created_at + timedelta(minutes=30))
    for refund in order.refunds:
        moments += [refund.applied_at, refund.settled_at]
    return max(m for m in moments if m is not None and m <= now)


def order_list(state: State, shop: Shop, body: Body) -> Body:
    """order.searchList: no has_more; total is a number that may be a string."""
    page, size = page_of(body)
    for kind in ("create", "update"):
        check_window(body, f"{kind}_time_start", f"{kind}_time_end")
    now = state.now()
    found = [
        order
        for order in shop.orders
        if order.created_at <= now
        and within(body, "create_time_start", "create_time_end", order.created_at)
        and within(body, "update_time_start", "update_time_end", updated_at(order, now))
    ]
    by_update = body.get("order_by") == "update_time"
    found.sort(
        key=lambda o: (updated_at(o, now) if by_update else o.created_at, o.order_id),
        reverse=body.get("order_asc") is not True,
    )
    # someone bought while we were paging: everything moves down by one
    shift = 1 if page and state.faults.take("/douyin_shop", frozenset({"page_shift"})) else 0
    start = max(page * size - shift, 0)
    rows = [listed(shop, order, now) for order in found[start : start + size]]
    return {"page": page, "size": size, "total": str(len(found)), "shop_order_list": rows}


def order_detail(state: State, shop: Shop, body: Body) -> Body:
    """order.orderDetail: one order by its id."""
    for order in shop.orders:
        if order.order_id == body.get("shop_order_id") and order.created_at <= state.now():
            return {"shop_order_detail": listed(shop, order, state.now())}
    raise Refused(50002, "isv.business-failed:4001", "the order does not exist")


def listed(shop: Shop, order: Order, now: datetime) -> Body:
    """Return an order as it stands now, with its one line."""
    paid = order.paid_at if order.paid_at and order.paid_at <= now else None
    status = 5 if paid else (4 if order.is_cancelled else 1)
    times = {
        "create_time": int(order.created_at.timestamp()),
        "pay_time": int(paid.timestamp()) if paid else 0,
        "update_time": int(updated_at(order, now).timestamp()),
    }
    money = {
        "order_amount": order.amount_fen,
        "pay_amount": order.amount_fen if paid else 0,
        "post_amount": 0,
    }
    refunded = [r for r in order.refunds if r.is_refunded and r.settled_at <= now]
    line = {
        "order_id": order.order_id,
        "parent_order_id": order.order_id,
        "order_level": 3,
        "order_status": status,
        "product_id": 3473196049974326153,
        "product_id_str": "3473196049974326153",
        "sku_id": 3254535,
        "product_name": "新品精华 30ml",
        "item_num": 1,
        **money,
        "author_id": int(order.author_id or 0),
        "author_name": "艾可美官方旗舰" if order.author_id else "",
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
        "after_sale_info": {
            "after_sale_status": 12 if refunded else 0,
            "after_sale_type": 1 if refunded else 0,
            "refund_status": 3 if refunded else 0,
        },
        **times,
    }
    return {
        "shop_id": int(shop.shop_id),
        "shop_name": shop.name,
        "order_id": order.order_id,
        "order_level": 2,
        "biz": 2,
        "order_type": 0,
        "order_status": status,
        "order_status_desc": {5: "已完成", 4: "已取消", 1: "待支付"}[status],
        "main_status": status,
        **times,
        "ship_time": int((paid + timedelta(hours=20)).timestamp()) if paid else 0,
        "finish_time": 0,
        "order_expire_time": 1800,
        "cancel_reason": "不想要了" if order.is_cancelled else "",
        "b_type": 2,
        "b_type_desc": "抖音",
        "sub_b_type": 1,
        "pay_type": 1,
        **money,
        "modify_amount": 0,
        "promotion_amount": 0,
        "promotion_shop_amount": 0,
        "promotion_platform_amount": 0,
        "promotion_talent_amount": 0,
        "promotion_pay_amount": 0,
        "shop_cost_amount": 0,
        "platform_cost_amount": 0,
        "only_platform_cost_amount": 0,
        "author_cost_amount": 0,
        "doudian_open_id": order.buyer,
        "encrypt_post_receiver": "#sealed==",
        "encrypt_post_tel": "#sealed==",
        "mask_post_receiver": "张*",
        "mask_post_tel": "1********11",
        "post_addr": {
            "province": {"name": "北京市", "id": "110000"},
            "encrypt_detail": "#sealed==",
        },
        "sku_order_list": [line],
    }


def after_sale_list(state: State, shop: Shop, body: Body) -> Body:
    """afterSale.List: has_more and total."""
    page, size = page_of(body)
    check_window(body, "update_start_time", "update_end_time")
    now = state.now()
    found = [
        (refund, order)
        for order in shop.orders
        for refund in order.refunds
        if refund.applied_at <= now
        and within(body, "update_start_time", "update_end_time", refund_updated_at(refund, now))
    ]
    found.sort(key=lambda pair: (refund_updated_at(pair[0], now), pair[0].aftersale_id))
    rows = [after_sale(refund, order, now) for refund, order in found[page * size :][:size]]
    return {
        "items": rows,
        "has_more": (page + 1) * size < len(found),
        "total": len(found),
        "page": page,
        "size": size,
    }


def refund_updated_at(refund: Refund, now: datetime) -> datetime:
    """Return when an after-sale last changed, seen from now."""
    return refund.settled_at if refund.settled_at <= now else refund.applied_at


def after_sale(refund: Refund, order: Order, now: datetime) -> Body:
    """Return an after-sale as it stands now; a withdrawn one keeps refund_status 1."""
    is_settled = refund.settled_at <= now
    status = (12 if refund.is_refunded else 28) if is_settled else 6
    info = {
        "aftersale_id": refund.aftersale_id,
        "aftersale_order_type": 1,
        "aftersale_type": refund.kind,
        "aftersale_status": status,
        "related_id": order.order_id,
        "apply_time": int(refund.applied_at.timestamp()),
        "create_time": int(refund.applied_at.timestamp()),
        "update_time": int(refund_updated_at(refund, now).timestamp()),
        "status_deadline": 0,
        "refund_amount": refund.amount_fen,
        "refund_post_amount": 0,
        "refund_tax_amount": 0,
        "return_promotion_amount": 0,
        "refund_status": 3 if is_settled and refund.is_refunded else 1,
        "aftersale_num": 1,
    }
    related = [{"sku_order_id": order.order_id, "pay_amount": order.amount_fen}]
    return {
        "aftersale_info": info,
        "order_info": {"shop_order_id": order.order_id, "related_order_info": related},
        "text_part": {"aftersale_status_text": ""},
        "seller_logs": [],
    }
