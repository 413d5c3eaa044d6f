"""WeChat Official Account: stable token, datacube, published items, comments.

HTTP is 200 on business errors; success of datacube and token calls has no errcode.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.routes.wechat.content import COMMENTS, PUBLISHED, comments, published
from sandbox.routes.wechat.datacube import ENDPOINTS, Read
from sandbox.routes.wechat.envelope import Refused, caller, parse, raise_fault, refused
from sandbox.routes.wechat.tokens import stable_token
from sandbox.state import State


async def missing(_request: Request) -> Response:
    """Answer for a path that does not exist, such as /cgi-bin/datacube/…: nothing at all."""
    return Response(status_code=404)


def routes(state: State) -> list[Route]:
    """Return the paths that exist; all take POST."""

    def guarded(read: Read) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                account = caller(state, request)
                return JSONResponse(read(state, account, parse(await request.body())))
            except Refused as refusal:
                return refused(refusal)

        return endpoint

    async def token(request: Request) -> Response:
        try:
            raise_fault(state, request.url.path)
            return JSONResponse(stable_token(state, parse(await request.body())))
        except Refused as refusal:
            return refused(refusal)

    reads = {f"/datacube/{name}": read for name, read in ENDPOINTS.items()}
    reads |= {PUBLISHED: published, COMMENTS: comments}
    return [
        Route("/wechat/cgi-bin/stable_token", token, methods=["POST"]),
        *(Route(f"/wechat{path}", guarded(read), methods=["POST"]) for path, read in reads.items()),
        Route("/wechat/{path:path}", missing, methods=["GET", "POST"]),
    ]
