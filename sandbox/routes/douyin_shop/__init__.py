"""Douyin Shop: signed calls, tokens, orders with lines, after-sales.

HTTP is always 200; success is code 10000.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.douyin_shop import after_sales, orders
from sandbox.routes.douyin_shop.envelope import Body, Refused, answered, raise_fault, refused
from sandbox.routes.douyin_shop.signing import checked
from sandbox.routes.douyin_shop.tokens import check_token, token_create, token_refresh
from sandbox.state import State
from sandbox.world import Shop

Read = Callable[[State, Shop, Body], Body]

TOKEN_READS: dict[str, Read] = {"/token/create": token_create, "/token/refresh": token_refresh}
DATA_READS: dict[str, Read] = {
    orders.PATH: orders.order_list,
    "/order/orderDetail": orders.order_detail,
    after_sales.PATH: after_sales.after_sale_list,
}


def routes(state: State) -> list[Route]:
    """Return the methods that exist; all take POST."""

    def signed(path: str, read: Read) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                raise_fault(state, request.url.path)
                shop, body = await checked(state, request, path.strip("/").replace("/", "."))
                if path in DATA_READS:
                    check_token(state, shop, request)
                return answered(read(state, shop, body))
            except Refused as refusal:
                return refused(refusal)

        return endpoint

    return [
        Route(f"/douyin_shop{path}", signed(path, read), methods=["POST"])
        for path, read in {**TOKEN_READS, **DATA_READS}.items()
    ]
