"""WeCom: the app's token, customer groups, their statistics, behaviour of employees, robots.

HTTP is 200 on business errors; success always says errcode 0.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.wecom import robot
from sandbox.routes.wecom.contact import READS, Body, Refused
from sandbox.routes.wecom.world import Corp
from sandbox.state import CALLER, State

PLATFORM = "wecom"
FAULT_CODES = {"error_code": -1, "rate_limit": 45011, "quota": 45009}
LIFE = timedelta(hours=2)


def routes(state: State) -> list[Route]:
    """Return the paths that exist; lists of people and tokens take GET, all others POST."""

    def endpoint(read: Callable[[Request, Body], Body]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> JSONResponse:
            try:
                fault = state.route_fault(request.url.path)
                if fault is not None:
                    raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")
                body = read(request, parse(await request.body()))
            except Refused as refusal:
                said = {"errcode": refusal.code, "errmsg": f"{refusal}, hint: [1]"}
                return JSONResponse({**said, **refusal.more})
            return JSONResponse({"errcode": 0, "errmsg": "ok", **body})

        return answer

    def guarded(read: Callable[[State, Corp, Body], Body]) -> Callable[[Request], Any]:
        return endpoint(lambda request, body: read(state, caller(state, request), body))

    base = f"/{PLATFORM}/cgi-bin"
    found = [
        Route(f"{base}/externalcontact/{path}", guarded(read), methods=[method])
        for (method, path), read in READS.items()
    ]
    token = endpoint(lambda request, _body: issued(state, request))
    return [Route(f"{base}/gettoken", token, methods=["GET"]), *found, *robot.routes(state)]


def parse(content: bytes) -> Body:
    """Return the JSON body of a call."""
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        raise Refused(40058, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(40058, "the body is not an object")
    return body


def issued(state: State, request: Request) -> Body:
    """GET /gettoken: the same token until its end."""
    corp: Corp = state.world.facets[PLATFORM]
    if request.query_params.get("corpid") != corp.corp_id:
        raise Refused(40013, "invalid corpid")
    if request.query_params.get("corpsecret") != corp.secret:
        raise Refused(40001, "invalid credential")
    token = state.standing(corp.corp_id) or state.issue(PLATFORM, corp.corp_id, LIFE)
    left = token.expires_at - state.now()
    return {"access_token": token.value, "expires_in": int(left.total_seconds())}


def caller(state: State, request: Request) -> Corp:
    """Return the corp of the token in the query; Refused says why not."""
    corp: Corp = state.world.facets[PLATFORM]
    value = request.query_params.get("access_token")
    if not value:
        raise Refused(41001, "access_token missing")
    owner = state.owner_of(value)
    if owner == "":
        raise Refused(42001, "access_token expired")
    if owner != corp.corp_id:
        raise Refused(40014, "invalid access_token")
    request.scope[CALLER] = corp.account_key
    if state.is_too_fast(owner):
        raise Refused(45033, "api concurrent out of limit")
    if state.is_over_quota(f"{owner}{request.url.path}"):
        raise Refused(45009, "api freq out of limit")
    return corp
