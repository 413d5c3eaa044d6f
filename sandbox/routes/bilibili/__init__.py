"""Bilibili open platform: signed calls (v2.0), tokens, account, videos and their totals.

HTTP is 200 even on errors. A total reads as of the last day that is over, or not at all.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.bilibili.world import BilibiliAccount, Facet, Video
from sandbox.state import CALLER, State
from tidemark.clock import business_date

PLATFORM = "bilibili"
ACCESS_LIFE, REFRESH_LIFE = timedelta(days=30), timedelta(days=180)
SKEW = 600  # seconds
PAGE_AT_MOST = 50
FAULT_CODES = {"error_code": 127201, "rate_limit": 127306, "quota": 127009}
SIGNED = (
    *("accesskeyid", "content-md5", "signature-method", "signature-nonce", "signature-version"),
    "timestamp",
)

Body = dict[str, Any]
Read = Callable[[State, BilibiliAccount, Request], Body]


class Refused(Exception):
    """An error of the platform by its code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def routes(state: State) -> list[Route]:
    """Return the paths that exist."""
    reads: dict[str, Read] = {
        "data/user/stat": user_stat,
        "data/arc/inc-stats": increments,
        "data/arc/stat": arc_stat,
        "archive/viewlist": view_list,
    }
    data = [
        Route(f"/{PLATFORM}/arcopen/fn/{path}", _guarded(state, read))
        for path, read in reads.items()
    ]
    token = f"/{PLATFORM}/x/account-oauth2/v1/refresh_token"
    return [Route(token, _endpoint(state, refresh), methods=["POST"]), *data]


def _endpoint(state: State, read: Callable[[State, Request, bytes], Body]) -> Any:
    async def endpoint(request: Request) -> JSONResponse:
        content = await request.body()
        try:
            fault = state.route_fault(request.url.path)
            if fault is not None:
                raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")
            found = read(state, request, content)
        except Refused as refusal:
            return JSONResponse({"code": refusal.code, "message": str(refusal), "ttl": 1})
        return JSONResponse({"code": 0, "message": "0", "ttl": 1, "request_id": "1", "data": found})

    return endpoint


def _guarded(state: State, read: Read) -> Any:
    return _endpoint(state, lambda s, request, body: read(s, _caller(s, request, body), request))


def _accounts(state: State) -> Facet:
    found: Facet = state.world.facets.get(PLATFORM, {})
    return found


def _caller(state: State, request: Request, body: bytes) -> BilibiliAccount:
    """Return the account whose token the call carries; Refused says why not."""
    given = {f"x-bili-{name}": request.headers.get(f"x-bili-{name}", "") for name in SIGNED}
    if not all(given.values()):
        raise Refused(127000, "an x-bili header is missing")
    value = request.headers.get("access-token", "")
    owner = state.owner_of(value)
    if not owner:
        raise Refused(127001 if owner is None else -101, "access_token is invalid or expired")
    account = _accounts(state)[owner]
    if given["x-bili-accesskeyid"] != account.client_id:
        raise Refused(127002, "client_id is not that of the token")
    _check_signature(state, account, request, given, body)
    request.scope[CALLER] = account.account_key
    if state.is_too_fast(owner):
        raise Refused(127306, "too frequent")
    if state.is_over_quota(owner):
        raise Refused(127009, "request count limit reached")
    return account


def _check_signature(
    state: State, account: BilibiliAccount, request: Request, given: dict[str, str], body: bytes
) -> None:
    text = "\n".join(f"{name}:{given[name]}" for name in sorted(given))
    right = hmac.new(account.client_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, request.headers.get("Authorization", "")):
        raise Refused(127012, "signature is wrong")
    if given["x-bili-content-md5"] != hashlib.md5(body, usedforsecurity=False).hexdigest():
        raise Refused(127012, "content-md5 is not that of the body")
    if abs(state.now().timestamp() - int(given["x-bili-timestamp"])) > SKEW:
        raise Refused(127100, "timestamp is too far from now")


def refresh(state: State, request: Request, _body: bytes) -> Body:
    """Hand out a new pair; a refresh token works once."""
    query = request.query_params
    used = query.get("refresh_token", "")
    known = state.refresh.get(used)
    openid = known.owner if known else used.removeprefix("first.")
    account = _accounts(state).get(openid)
    is_first = used.startswith("first.") and not any(
        token.owner == openid for token in state.refresh.values()
    )
    is_alive = known is not None and known.expires_at > state.now()
    if account is None or not (is_first or is_alive):
        raise Refused(122007, "refreshToken invalid")
    if query.get("client_id") != account.client_id:
        raise Refused(122000, "client_id error")
    if query.get("client_secret") != account.client_secret:
        raise Refused(122001, "client_secret error")
    pair = (
        state.issue(PLATFORM, openid, ACCESS_LIFE),
        state.issue_refresh(PLATFORM, openid, REFRESH_LIFE),
    )
    return {
        "access_token": pair[0].value,
        "expires_in": int(pair[0].expires_at.timestamp()),
        "refresh_token": pair[1].value,
        "scopes": ["USER_DATA", "ARC_BASE", "ARC_DATA"],
    }


def _over(state: State) -> date:
    """Return the last business day that is over."""
    return business_date(state.now()) - timedelta(days=1)


def user_stat(state: State, account: BilibiliAccount, _request: Request) -> Body:
    """Return the stocks; where a day was not observed, those of the last one that was."""
    days = [day for day in account.followers if day <= _over(state)]
    if not days:
        raise Refused(127200, "no statistics yet")
    there = len(_published(state, account))
    return {"following": 1, "follower": account.followers[max(days)], "arc_passed_total": there}


def increments(state: State, account: BilibiliAccount, _request: Request) -> Body:
    """Return what the last day brought; the comments under the official misspelling."""
    today, before = _over(state), _over(state) - timedelta(days=1)
    names = {"click": "view", "dm": "danmaku", "fav": "favorite", "coin": "coin", "share": "share"}
    names |= {"like": "like"}

    def change(name: str) -> int:
        both = [v.totals for v in account.videos if today in v.totals and before in v.totals]
        return sum(totals[today][name] - totals[before][name] for totals in both)

    found = {f"inc_{ours}": change(theirs) for ours, theirs in names.items()}
    return {**found, "icn_reply": change("reply"), "inc_elec": 0}


def view_list(state: State, account: BilibiliAccount, request: Request) -> Body:
    """Return a page of the published videos, newest first."""
    number, size = _number(request, "pn", 1), _number(request, "ps", 20)
    if not 1 <= size <= PAGE_AT_MOST or number < 1:
        raise Refused(127100, f"ps is at most {PAGE_AT_MOST}, pn at least 1")
    there = _published(state, account)
    page = there[(number - 1) * size : number * size]
    return {
        "list": [_item(video) for video in page],
        "page": {"pn": number, "ps": size, "total": len(there)},
    }


def arc_stat(state: State, account: BilibiliAccount, request: Request) -> Body:
    """Return the totals of a video as of the last day."""
    wanted = request.query_params.get("resource_id", "")
    video = next((v for v in _published(state, account) if v.resource_id == wanted), None)
    if video is None or _over(state) not in video.totals:
        raise Refused(127124, "no such archive")
    shown = {"title": video.title, "ptime": int(video.published_at.timestamp())}
    return {**shown, **video.totals[_over(state)]}


def _published(state: State, account: BilibiliAccount) -> list[Video]:
    return [video for video in account.videos if video.published_at <= state.now()]


def _item(video: Video) -> Body:
    moment = int(video.published_at.timestamp())
    link = f"https://www.bilibili.com/video/{video.resource_id}"
    return {
        **{"resource_id": video.resource_id, "title": video.title, "cover": "", "tid": 21},
        **{"tag": "新品", "desc": "", "copyright": 1, "no_reprint": 1, "ctime": moment},
        **{
            "ptime": moment,
            "addit_info": {"state": 0, "state_desc": "开放浏览", "reject_reason": ""},
        },
        "video_info": {"cid": 1, "filename": "", "duration": video.duration, "share_url": link},
    }


def _number(request: Request, name: str, default: int) -> int:
    try:
        return int(request.query_params.get(name, default))
    except ValueError:
        raise Refused(127100, f"{name} is not a number") from None
