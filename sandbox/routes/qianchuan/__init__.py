"""Qianchuan: the refreshed token and the live rooms of today. HTTP is 200 on business errors."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.routes.qianchuan.rooms import Refused, rooms_of_today
from sandbox.routes.qianchuan.world import Advertiser
from sandbox.state import CALLER, State

PLATFORM = "qianchuan"
FAULT_CODES = {"error_code": 50000, "rate_limit": 40110, "quota": 40110}
LIFE, REFRESH_LIFE = timedelta(hours=24), timedelta(days=30)  # assumed
TOKEN = f"/{PLATFORM}/open_api/oauth2/refresh_token/"
ROOMS = f"/{PLATFORM}/open_api/v1.0/qianchuan/today_live/room/get/"

Body = dict[str, Any]


def routes(state: State) -> list[Route]:
    """Return the paths that exist."""

    async def token(request: Request) -> Response:
        content = await request.body()
        return answered(state, request, lambda: refreshed(state, content))

    async def rooms(request: Request) -> Response:
        def read() -> Body:
            advertiser = caller(state, request)
            return rooms_of_today(advertiser, dict(request.query_params), state.now())

        return answered(state, request, read)

    return [Route(TOKEN, token, methods=["POST"]), Route(ROOMS, rooms, methods=["GET"])]


def answered(state: State, request: Request, read: Callable[[], Body]) -> Response:
    """Return what is read in the platform's envelope, or why it is not."""
    try:
        fault = state.route_fault(request.url.path)
        if fault is not None:
            raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")
        said = {"code": 0, "message": "OK", "data": read()}
    except Refused as refusal:
        said = {"code": refusal.code, "message": str(refusal), "data": {}}
    return JSONResponse({**said, "request_id": "20260415000000"})


def refreshed(state: State, content: bytes) -> Body:
    """Exchange a refresh token, which works once, for a pair."""
    advertiser: Advertiser = state.world.facets[PLATFORM]
    body = json.loads(content or b"{}")
    app = (body.get("app_id"), body.get("secret"), body.get("grant_type"))
    if app != (advertiser.app_id, advertiser.secret, "refresh_token"):
        raise Refused(40001, "app_id, secret or grant_type is wrong")
    if body.get("refresh_token") not in standing(state, advertiser):
        raise Refused(40107, "refresh_token is wrong")
    access = state.issue(PLATFORM, advertiser.app_id, LIFE)
    again = state.issue_refresh(PLATFORM, advertiser.app_id, REFRESH_LIFE)
    pair = {"access_token": access.value, "refresh_token": again.value}
    return {**pair, "expires_in": 86_399, "refresh_token_expires_in": 2_591_999}


def standing(state: State, advertiser: Advertiser) -> set[str]:
    """Return the refresh tokens that still work."""
    issued = [t for t in state.refresh.values() if t.owner == advertiser.app_id]
    alive = {t.value for t in issued if t.expires_at > state.now()}
    return alive if issued else {advertiser.refresh_token}


def caller(state: State, request: Request) -> Advertiser:
    """Return the ad account of the token in the header; Refused says why not."""
    advertiser: Advertiser = state.world.facets[PLATFORM]
    owner = state.owner_of(request.headers.get("access-token", ""))
    if owner == "":
        raise Refused(40100, "access token has expired")
    if owner != advertiser.app_id:
        raise Refused(40105, "access token is wrong")
    if request.query_params.get("advertiser_id") != advertiser.advertiser_id:
        raise Refused(40002, "no permission to this advertiser")
    request.scope[CALLER] = advertiser.account_key
    if state.is_too_fast(owner) or state.is_over_quota(owner):
        raise Refused(40110, "too many requests")
    return advertiser
