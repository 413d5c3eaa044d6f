"""WeChat Shop: stable token, ids of orders and after-sales, each item by its id.

HTTP is 200 on business errors; success is errcode 0. Lists give no more than ids.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.routes.wechat_shop import items, lists
from sandbox.routes.wechat_shop.envelope import Body, Refused, refused
from sandbox.shop_orders import SmallShop
from sandbox.state import CALLER, State

PLATFORM = "wechat_shop"
LIFE = timedelta(hours=2)
RENEW_BEFORE = timedelta(minutes=5)
FAULT_CODES = {"error_code": -1, "rate_limit": 45011, "quota": 45009}

Read = Callable[[State, SmallShop, Body], Body]
READS: dict[str, Read] = {
    "/channels/ec/order/list/get": lists.orders,
    "/channels/ec/order/get": items.order,
    "/channels/ec/aftersale/getaftersalelist": lists.after_sales,
    "/channels/ec/aftersale/getaftersaleorder": items.after_sale,
}


def routes(state: State) -> list[Route]:
    """Return the paths that exist; all take POST."""

    def endpoint(read: Read | None) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                fault = state.route_fault(request.url.path)
                if fault is not None:
                    raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")
                body = parse(await request.body())
                if read is None:
                    return JSONResponse(stable_token(state, body))
                said = read(state, caller(state, request), body)
                return JSONResponse({"errcode": 0, "errmsg": "ok", **said})
            except Refused as refusal:
                return refused(refusal)

        return answer

    paths: dict[str, Read | None] = {"/cgi-bin/stable_token": None, **READS}
    return [
        Route(f"/{PLATFORM}{path}", endpoint(read), methods=["POST"])
        for path, read in paths.items()
    ]


def parse(content: bytes) -> Body:
    """Return the JSON body of a call."""
    try:
        body = json.loads(content)
    except ValueError:
        raise Refused(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


def stable_token(state: State, body: Body) -> Body:
    """Return the standing token, or a new one shortly before its end."""
    shop: SmallShop = state.world.facets[PLATFORM]
    if body.get("appid") != shop.login:
        raise Refused(40013, "invalid appid")
    if body.get("secret") != shop.secret:
        raise Refused(40125, "invalid appsecret")
    token = state.standing(shop.login, for_at_least=RENEW_BEFORE)
    token = token or state.issue(PLATFORM, shop.login, LIFE)
    left = token.expires_at - state.now()
    return {"access_token": token.value, "expires_in": int(left.total_seconds())}


def caller(state: State, request: Request) -> SmallShop:
    """Return the shop of the token in the query; Refused says why not."""
    shop: SmallShop = state.world.facets[PLATFORM]
    value = request.query_params.get("access_token")
    if not value:
        raise Refused(41001, "access_token missing")
    owner = state.owner_of(value)
    if owner == "":
        raise Refused(42001, "access_token expired")
    if owner != shop.login:
        raise Refused(40001, "invalid credential, access_token is invalid or not latest")
    request.scope[CALLER] = shop.account_key
    if state.is_too_fast(owner):
        raise Refused(45011, "api minute-quota reach limit")
    if state.is_over_quota(f"{owner}{request.url.path}"):
        raise Refused(45009, "reach max api daily quota limit")
    return shop
