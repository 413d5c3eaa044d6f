"""Xiaohongshu Ark: one path for all methods, signed bodies, tokens, orders, after-sales.

HTTP is always 200; success is `success` true with error_code 0. The control plane sees a call by
the one path there is; a fault hits whatever is called next.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.xiaohongshu_shop import items, lists
from sandbox.routes.xiaohongshu_shop.envelope import BAD, Body, Refused, answered, refused
from sandbox.shop_orders import SmallShop
from sandbox.state import CALLER, State

PLATFORM = "xiaohongshu_shop"
PATH = f"/{PLATFORM}/ark/open_api/v3/common_controller"
ACCESS_LIFE, REFRESH_LIFE = timedelta(days=7), timedelta(days=14)
SKEW = timedelta(minutes=10)  # assumed
NO_TOKEN = -2000401  # assumed: the contract names no code
SYSTEM = ("appId", "method", "version", "timestamp", "sign")

Read = Callable[[State, SmallShop, Body], Body]
READS: dict[str, Read] = {
    "order.getOrderList": lists.orders,
    "order.getOrderDetail": items.order,
    "afterSale.listAfterSaleInfos": lists.after_sales,
    "afterSale.getAfterSaleInfo": items.after_sale,
}


def routes(state: State) -> list[Route]:
    """Return the one path that exists; it takes POST."""

    async def endpoint(request: Request) -> JSONResponse:
        try:
            fault = state.route_fault(request.url.path)
            if fault is not None:
                raise Refused(int(fault.value or BAD), "fault on order")
            return answered(said(state, request, json.loads(await request.body())))
        except Refused as refusal:
            return refused(refusal)

    return [Route(PATH, endpoint, methods=["POST"])]


def said(state: State, request: Request, body: Body) -> Body:
    """Return the data of a call whose signature and token are right."""
    shop: SmallShop = state.world.facets[PLATFORM]
    check_signature(state, shop, body)
    method, own = body["method"], {n: v for n, v in body.items() if n not in SYSTEM}
    if method == "oauth.getAccessToken":
        if own.get("code") != f"code-{shop.shop_id}":
            raise Refused(BAD, "code is wrong")
        return pair(state, shop)
    if method == "oauth.refreshToken":
        known = state.refresh.get(str(own.get("refreshToken")))
        if known is None or known.expires_at <= state.now():
            raise Refused(BAD, "refreshToken is wrong")
        return pair(state, shop)
    if method not in READS:
        raise Refused(BAD, "method is unknown")
    if state.owner_of(str(own.pop("accessToken", ""))) != shop.shop_id:
        raise Refused(NO_TOKEN, "accessToken is wrong")
    request.scope[CALLER] = shop.account_key
    return READS[method](state, shop, own)


def check_signature(state: State, shop: SmallShop, body: Body) -> None:
    """Raise when a system parameter is missing or the signature does not fit."""
    if missing := [name for name in SYSTEM if not isinstance(body.get(name), str)]:
        raise Refused(BAD, f"{missing} is missing")
    if body["appId"] != shop.login or body["version"] != "2.0":
        raise Refused(BAD, "appId or version is wrong")
    stamp = body["timestamp"]
    if not stamp.isdigit() or abs(state.now().timestamp() - int(stamp)) > SKEW.total_seconds():
        raise Refused(BAD, "timestamp is wrong")
    text = f"{body['method']}?appId={shop.login}&timestamp={stamp}&version=2.0{shop.secret}"
    if not hmac.compare_digest(hashlib.md5(text.encode()).hexdigest(), body["sign"]):
        raise Refused(BAD, "sign is wrong")


def pair(state: State, shop: SmallShop) -> dict[str, Any]:
    """Return a new pair; their ends are moments in milliseconds."""
    access = state.issue(PLATFORM, shop.shop_id, ACCESS_LIFE)
    refresh = state.issue_refresh(PLATFORM, shop.shop_id, REFRESH_LIFE)
    return {
        "accessToken": access.value,
        "accessTokenExpiresAt": int(access.expires_at.timestamp() * 1000),
        "refreshToken": refresh.value,
        "refreshTokenExpiresAt": int(refresh.expires_at.timestamp() * 1000),
        "sellerId": shop.shop_id,
        "sellerName": "Acme",
    }
