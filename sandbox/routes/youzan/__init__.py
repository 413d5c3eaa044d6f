"""Youzan: silent token, trades sold with their lines.

HTTP is always 200; success is code 200 with success true. A refusal may hold an empty list.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.youzan.trades import Body, Refused, sold
from sandbox.shop_orders import SmallShop
from sandbox.state import CALLER, State

PLATFORM = "youzan"
PATH = "/api/youzan.trades.sold.get/4.0.4"
LIFE = timedelta(days=7)  # assumed: nobody publishes it
FAULT_CODE = 4201  # the only one of the contract that needs no window
TRACE = "yz7-0a8cf39b-1735689600000-1"


def routes(state: State) -> list[Route]:
    """Return the methods that exist; both take POST."""

    def endpoint(is_token: bool) -> Callable[[Request], Any]:
        async def answer(request: Request) -> JSONResponse:
            try:
                fault = state.route_fault(request.url.path)
                if fault is not None:
                    raise Refused(int(fault.value or FAULT_CODE), "fault on order")
                body = parse(await request.body())
                if is_token:
                    return answered(token(state, body))
                shop = caller(state, request)
                return answered(sold(shop, body, state.now(), is_shifted(state, request)))
            except Refused as refusal:
                return refused(refusal)

        return answer

    return [
        Route(f"/{PLATFORM}/auth/token", endpoint(True), methods=["POST"]),
        Route(f"/{PLATFORM}{PATH}", endpoint(False), methods=["POST"]),
    ]


def is_shifted(state: State, request: Request) -> bool:
    """Tell whether a trade left the window while its caller was paging."""
    return state.faults.is_shifted(request.url.path)


def answered(data: Body) -> JSONResponse:
    """Return the envelope of success."""
    said = {"code": 200, "success": True, "message": "successful", "data": data}
    return JSONResponse({"trace_id": TRACE, **said})


def refused(refusal: Refused) -> JSONResponse:
    """Return the envelope of an error."""
    said = {"code": refusal.code, "success": False, "message": str(refusal), **refusal.more}
    return JSONResponse({"trace_id": TRACE, **said})


def parse(content: bytes) -> Body:
    """Return the JSON body of a call."""
    try:
        body = json.loads(content)
    except ValueError:
        raise Refused(4202, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(4202, "the body is not an object")
    return body


def token(state: State, body: Body) -> Body:
    """Return a token of the own shop."""
    shop: SmallShop = state.world.facets[PLATFORM]
    expected = {"client_id": shop.login, "client_secret": shop.secret, "grant_id": shop.shop_id}
    if body.get("authorize_type") != "silent" or any(
        str(body.get(name)) != value for name, value in expected.items()
    ):
        raise Refused(4203, "client_id, client_secret or grant_id is wrong")
    issued = state.standing(shop.login) or state.issue(PLATFORM, shop.login, LIFE)
    until = int(issued.expires_at.timestamp() * 1000)
    return {"access_token": issued.value, "expires": until, "scope": "trade"}


def caller(state: State, request: Request) -> SmallShop:
    """Return the shop of the token in the query; a wrong one is an illegal credential."""
    shop: SmallShop = state.world.facets[PLATFORM]
    owner = state.owner_of(request.query_params.get("access_token", ""))
    if owner != shop.login:
        raise Refused(4201, "非法的请求凭证")
    request.scope[CALLER] = shop.account_key
    return shop
