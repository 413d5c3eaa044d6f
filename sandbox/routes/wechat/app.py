"""Platforms of WeChat's server API with one app each: stable token, POST with a JSON body, errcode.

HTTP is 200 on business errors; success is errcode 0. The app is the platform's facet of the world.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.routes.wechat.envelope import (
    Body,
    Refused,
    count_call,
    not_latest,
    parse,
    raise_fault,
    refused,
    token_owner,
)
from sandbox.state import CALLER, State

LIFE, RENEW_BEFORE = timedelta(hours=2), timedelta(minutes=5)
TOKEN = "/cgi-bin/stable_token"


class App(Protocol):
    """What a facet tells of its app."""

    account_key: str
    login: str
    secret: str


Read = Callable[[State, Any, Body], Body]


def app_routes(state: State, platform: str, reads: Mapping[str, Read]) -> list[Route]:
    """Return the paths of a platform; a read gets the state, the facet and the body."""

    def endpoint(read: Read | None) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            app: App = state.world.facets[platform]
            try:
                raise_fault(state, request.url.path)
                body = parse(await request.body())
                if read is None:
                    return JSONResponse(stable_token(state, platform, app, body))
                check_caller(state, app, request)
                return JSONResponse({"errcode": 0, "errmsg": "ok", **read(state, app, body)})
            except Refused as refusal:
                return refused(refusal)

        return answer

    paths: dict[str, Read | None] = {TOKEN: None, **reads}
    return [
        Route(f"/{platform}{path}", endpoint(read), methods=["POST"])
        for path, read in paths.items()
    ]


def stable_token(state: State, platform: str, app: App, body: Body) -> Body:
    """Return the standing token, or a new one shortly before its end."""
    if body.get("appid") != app.login:
        raise Refused(40013, "invalid appid")
    if body.get("secret") != app.secret:
        raise Refused(40125, "invalid appsecret")
    token = state.standing(app.login, for_at_least=RENEW_BEFORE)
    token = token or state.issue(platform, app.login, LIFE)
    left = token.expires_at - state.now()
    return {"access_token": token.value, "expires_in": int(left.total_seconds())}


def check_caller(state: State, app: App, request: Request) -> None:
    """Raise Refused when the token in the query is not the app's, or it asked too much."""
    owner = token_owner(state, request)
    if owner != app.login:
        raise not_latest()
    request.scope[CALLER] = app.account_key
    count_call(state, owner, request)
