"""Weibo API 2: counts, timeline, comments to me. Errors are HTTP 4xx with an error_code."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.weibo.world import Comment, Post, WeiboAccount
from sandbox.state import CALLER, State
from tidemark.clock import SHANGHAI

PLATFORM = "weibo"
FAULT_CODES = {"error_code": 10001, "rate_limit": 10023, "quota": 10022, "expire_token": 21327}
CAP = 500  # however many there are, a listing yields no more
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Item = TypeVar("Item", Post, Comment)
Read = Callable[[State, WeiboAccount, Request], Any]


class Refused(Exception):
    """An error of the platform by its code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def routes(state: State) -> list[Route]:
    """Return the paths that exist; all take GET."""
    reads: dict[str, Read] = {
        "users/counts": users_counts,
        "statuses/user_timeline": user_timeline,
        "statuses/count": statuses_count,
        "comments/to_me": comments_to_me,
    }
    return [
        Route(f"/{PLATFORM}/2/{path}.json", _guarded(state, read)) for path, read in reads.items()
    ]


def _guarded(state: State, read: Read) -> Any:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(read(state, _caller(state, request), request))
        except Refused as refusal:
            # the documents write the code as text, answers as a number
            said = {"error_code": str(refusal.code), "error": str(refusal)}
            return JSONResponse({"request": request.url.path, **said}, status_code=403)

    return endpoint


def _caller(state: State, request: Request) -> WeiboAccount:
    fault = state.route_fault(request.url.path)
    if fault is not None:
        raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")
    account: WeiboAccount | None = state.world.facets.get(PLATFORM)
    given = request.headers.get("Authorization", "").removeprefix("OAuth2 ")
    if account is None or given != account.access_token:
        raise Refused(21332, "invalid_access_token")
    request.scope[CALLER] = account.account_key
    if state.is_too_fast(account.uid) or state.is_over_quota(account.uid):
        raise Refused(10023, "User requests out of rate limit")
    return account


def users_counts(state: State, account: WeiboAccount, request: Request) -> Any:
    """Return the stocks, as text; an unreviewed app sees the authorised user only."""
    if request.query_params.get("uids") != account.uid:
        raise Refused(10014, "insufficient app permissions")
    there = sum(post.created_at <= state.now() for post in account.posts)
    return [
        {
            "id": account.uid,
            "followers_count": str(account.followers(state.now())),
            "friends_count": "12",
            "statuses_count": str(there),
        }
    ]


def user_timeline(state: State, account: WeiboAccount, request: Request) -> Any:
    """Return a page of the own posts, newest first."""
    there = [post for post in account.posts if post.created_at <= state.now()]
    page = _page(there, [post.post_id for post in there], request, 100)
    return {"statuses": [_status(state, post) for post in page], **_paging(len(there))}


def statuses_count(state: State, account: WeiboAccount, request: Request) -> Any:
    """Return the counters of up to 100 posts."""
    ids = request.query_params.get("ids", "").split(",")
    if not 1 <= len(ids) <= 100:
        raise Refused(10008, "ids: 1 to 100")
    there = {str(p.post_id): p for p in account.posts if p.created_at <= state.now()}
    names = ("comments", "reposts", "attitudes")
    return [
        {"id": int(i), **dict(zip(names, there[i].counted(state.now()), strict=True))}
        for i in ids
        if i in there
    ]


def comments_to_me(state: State, account: WeiboAccount, request: Request) -> Any:
    """Return a page of the comments received, newest first."""
    there = [comment for comment in account.comments if comment.created_at <= state.now()]
    page = _page(there, [comment.comment_id for comment in there], request, 50)
    return {"comments": [_comment(comment) for comment in page], **_paging(len(there))}


def _page(there: Sequence[Item], ids: Sequence[int], request: Request, most: int) -> Sequence[Item]:
    try:
        count = int(request.query_params.get("count", 20))
        until = int(request.query_params.get("max_id", 2**62))
    except ValueError:
        raise Refused(10017, "count or max_id is no number") from None
    if not 1 <= count <= most:
        raise Refused(10008, f"count: 1 to {most}")
    known = [item for item, number in zip(there[:CAP], ids[:CAP], strict=True) if number <= until]
    return known[:count]


def _paging(total: int) -> dict[str, Any]:
    return {"hasvisible": False, "previous_cursor": 0, "next_cursor": 0, "total_number": total}


def _status(state: State, post: Post) -> dict[str, Any]:
    comments, reposts, attitudes = post.counted(state.now())
    return {
        **{"created_at": _written(post.created_at), "id": post.post_id, "mid": str(post.post_id)},
        **{"idstr": str(post.post_id), "text": post.text, "source": "<a>微博</a>", "pic_urls": []},
        **{"geo": None, "user": {"idstr": "2000001"}, "visible": {"type": 0, "list_id": 0}},
        **{"reposts_count": reposts, "comments_count": comments, "attitudes_count": attitudes},
    }


def _comment(comment: Comment) -> dict[str, Any]:
    number = str(comment.comment_id)
    return {
        **{"created_at": _written(comment.created_at), "id": comment.comment_id, "mid": number},
        **{"idstr": number, "text": comment.text, "source": ""},
        **{"user": {"idstr": comment.user_id}, "status": {"idstr": str(comment.post_id)}},
    }


def _written(moment: datetime) -> str:
    """Return a moment as Weibo writes it, in English whatever the locale."""
    local = moment.astimezone(SHANGHAI)
    day = f"{DAYS[local.weekday()]} {MONTHS[local.month - 1]} {local.day:02d}"
    return f"{day} {local:%H:%M:%S} +0800 {local.year}"
