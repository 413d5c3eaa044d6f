"""Douyin open platform: OAuth, account days, videos, per-video series, comments.

HTTP is 200 even on errors; the same code stands in data and extra; counters are strings.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.state import State
from sandbox.world import Comment, DouyinAccount, Video
from tidemark.clock import SHANGHAI, business_date

ACCESS_SECONDS = 1_296_000
REFRESH_SECONDS = 2_592_000
READY_HOUR = 10
REACH_DAYS = 30
DATE_TYPES = {"7", "15", "30"}
LIST_COUNT_AT_MOST = 20
COMMENT_COUNT_AT_MOST = 50

USER_SERIES: dict[str, dict[str, str]] = {
    "item": {"new_issue": "new_issue", "new_play": "plays", "total_issue": "total_issue"},
    "fans": {"new_fans": "new_fans", "total_fans": "total_fans"},
    "like": {"new_like": "likes"},
    "comment": {"new_comment": "comments"},
    "share": {"new_share": "shares"},
    "profile": {"profile_uv": "profile_uv"},
}
ITEM_SERIES = {"like": "likes", "comment": "comments", "play": "plays", "share": "shares"}

Answer = dict[str, Any]
Read = Callable[[State, DouyinAccount, Request], Answer]


class Refused(Exception):
    """An error of the platform by its code."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


def routes(state: State) -> list[Route]:
    """Return the paths that exist, with the methods they take."""

    def guarded(read: Read) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                return answer(state, read(state, caller(state, request), request))
            except Refused as refusal:
                return refused(state, refusal)

        return endpoint

    async def refresh(request: Request) -> JSONResponse:
        return await refresh_token(state, request)

    found = [Route("/douyin/oauth/refresh_token/", refresh, methods=["POST"])]
    for name in USER_SERIES:
        found.append(Route(f"/douyin/data/external/user/{name}/", guarded(user_series(name))))
    for name in ITEM_SERIES:
        found.append(Route(f"/douyin/data/external/item/{name}/", guarded(item_series(name))))
    found.append(Route("/douyin/data/external/item/base/", guarded(item_base)))
    found.append(Route("/douyin/api/douyin/v1/video/video_list/", guarded(video_list)))
    found.append(Route("/douyin/item/comment/list/", guarded(comment_list)))
    found.append(Route("/douyin/item/comment/reply/list/", guarded(reply_list)))
    return found


def answer(state: State, data: Answer) -> JSONResponse:
    """Return the envelope of success."""
    return JSONResponse(
        {
            "data": {"error_code": 0, "description": "", **data},
            "extra": {
                "error_code": 0,
                "description": "",
                "sub_error_code": 0,
                "sub_description": "",
                "logid": "202604160000000000",
                "now": int(state.now().timestamp() * 1000),
            },
        }
    )


def refused(state: State, refusal: Refused) -> JSONResponse:
    """Return the envelope of an error: HTTP 200, codes as strings, as some answers have them."""
    error = {"error_code": str(refusal.code), "description": str(refusal)}
    extra = {**error, "sub_error_code": 0, "sub_description": "", "log_id": "202604160000000001"}
    return JSONResponse({"data": error, "extra": extra})


async def refresh_token(state: State, request: Request) -> JSONResponse:
    """POST /oauth/refresh_token/: a form with client_key and the refresh token."""
    form = await request.form()
    authorised = [a for a in state.world.douyin if a.client_key == form.get("client_key")]
    if authorised and form.get("grant_type") != "refresh_token":
        return oauth_error(10005, "grant_type is missing")
    for account in authorised:
        if form.get("refresh_token") != f"rft.{account.open_id}":
            continue  # one app may be authorised by several accounts
        token = state.issue("act.", account.open_id, ACCESS_SECONDS)
        data = {
            "access_token": token.value,
            "expires_in": str(ACCESS_SECONDS),
            "refresh_token": f"rft.{account.open_id}",
            "refresh_expires_in": str(REFRESH_SECONDS),
            "open_id": account.open_id,
            "scope": "data.external.user,data.external.item,video.list.bind,item.comment",
            "error_code": 0,
            "description": "",
            "captcha": "",
            "desc_url": "",
            "log_id": "202604160000000002",
        }
        return JSONResponse({"data": data, "message": "success"})
    if authorised:
        return oauth_error(10010, "refresh_token has expired")
    return oauth_error(10003, "client_key is wrong")


def oauth_error(code: int, description: str) -> JSONResponse:
    """Return an error of the token endpoints."""
    return JSONResponse(
        {"data": {"error_code": code, "description": description}, "message": "error"}
    )


def caller(state: State, request: Request) -> DouyinAccount:
    """Return the account whose token the call carries; Refused says why not."""
    fault = state.route_fault(request.url.path)
    if fault is not None:
        codes = {"rate_limit": 28003018, "quota": 28003017}
        raise Refused(int(fault.value or codes.get(fault.kind, 2100004)), "fault on order")
    value = request.headers.get("access-token") or request.query_params.get("access_token")
    open_id = request.query_params.get("open_id")
    if not value or not open_id:
        raise Refused(10005, "access_token or open_id is missing")
    owner = state.owner_of(value)
    if owner is None:
        raise Refused(28001003, "access_token is invalid")
    if owner == "":
        raise Refused(28001008, "access_token has expired")
    if owner != open_id:
        raise Refused(28001015, "token and open_id do not match")
    if state.is_too_fast(owner):
        raise Refused(28003018, "too frequent")
    if state.is_over_quota(owner):
        raise Refused(28003017, "quota is used up")
    return next(account for account in state.world.douyin if account.open_id == owner)


def offered_days(state: State, request: Request) -> list[date]:
    """Return the days of a date_type: so many, ending with the newest finished one."""
    date_type = request.query_params.get("date_type")
    if date_type not in DATE_TYPES:
        raise Refused(28001007, f"date_type must be 7, 15 or 30, not {date_type}")
    now = state.now().astimezone(SHANGHAI)
    last = now.date() - timedelta(days=1)
    days = [last - timedelta(days=n) for n in reversed(range(int(date_type)))]
    return days[:-1] if now.hour < READY_HOUR else days


def user_series(name: str) -> Read:
    """Return the endpoint of one account series."""

    def read(state: State, account: DouyinAccount, request: Request) -> Answer:
        fields = USER_SERIES[name]
        rows = [
            {"date": str(day), **{key: str(account.days[day][of]) for key, of in fields.items()}}
            for day in offered_days(state, request)
            if day in account.days
        ]
        return {"result_list": rows}

    return read


def own_video(state: State, account: DouyinAccount, request: Request) -> Video:
    """Return the video that item_id names, once it is published."""
    item_id = request.query_params.get("item_id")
    if not item_id:
        raise Refused(10005, "item_id is missing")
    for found in account.videos:
        if found.item_id == item_id and found.created_at <= state.now():
            return found
    raise Refused(2111007, "failed to get the video")


def recent_video(state: State, account: DouyinAccount, request: Request) -> Video:
    """Return a video that the statistics still know: created within 30 days."""
    found = own_video(state, account, request)
    age = business_date(state.now()) - business_date(found.created_at)
    if age.days > REACH_DAYS:
        raise Refused(28001007, "item was created more than 30 days ago")
    return found


def item_series(name: str) -> Read:
    """Return the endpoint of one per-video series."""

    def read(state: State, account: DouyinAccount, request: Request) -> Answer:
        video = recent_video(state, account, request)
        days = offered_days(state, request)
        born = business_date(video.created_at)
        counts = [(day, video.days.get(day, {})) for day in days if day >= born]
        key = ITEM_SERIES[name]
        return {"result_list": [{"date": str(d), name: str(c.get(key) or 0)} for d, c in counts]}

    return read


def item_base(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /data/external/item/base/: totals as of now."""
    video = recent_video(state, account, request)
    totals = totals_of(state, video)
    result = {f"total_{name}": totals[key] for name, key in ITEM_SERIES.items()}
    return {"result": {**result, "avg_play_duration": video.play_seconds}}


def totals_of(state: State, video: Video) -> dict[str, int | None]:
    """Return the counters of a video up to the end of yesterday."""
    if video.totals is not None:
        return video.totals
    today = business_date(state.now())
    return {
        key: sum((row.get(key) or 0) for day, row in video.days.items() if day < today)
        for key in ITEM_SERIES.values()
    }


def video_list(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET video_list: newest first, the pinned ones before all; the cursor is opaque."""
    count = int(request.query_params.get("count", "10"))
    if not 0 < count <= LIST_COUNT_AT_MOST:
        raise Refused(28001007, f"count must be 1 to {LIST_COUNT_AT_MOST}")
    offset = parse_cursor(request)
    visible = [video for video in account.videos if video.created_at <= state.now()]
    visible.sort(key=lambda video: (not video.is_top, -video.created_at.timestamp()))
    page = visible[offset : offset + count]
    return {
        "cursor": offset + len(page),
        "has_more": offset + len(page) < len(visible),
        "list": [listed(state, video) for video in page],
    }


def listed(state: State, video: Video) -> Answer:
    """Return an item of the listing with its statistics."""
    totals = totals_of(state, video)
    return {
        "item_id": video.item_id,
        "title": video.title,
        "cover": "https://p3.example/cover.jpeg",
        "create_time": int(video.created_at.timestamp()),
        "is_top": video.is_top,
        "is_reviewed": True,
        "video_status": 1,
        "media_type": video.media_type,
        "share_url": f"https://www.iesdouyin.com/share/video/{video.item_id}",
        "statistics": {
            "comment_count": totals["comments"],
            "digg_count": totals["likes"],
            "download_count": 0,
            "forward_count": 0,
            "play_count": totals["plays"],
            "share_count": totals["shares"],
        },
    }


def comment_list(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /item/comment/list/: top-level comments of a video."""
    video = own_video(state, account, request)
    shown = [c for c in visible_comments(state, video) if c.parent_id is None]
    if request.query_params.get("sort_type") != "time_asc":
        shown.reverse()
    return comment_page(state, video, account, request, shown)


def reply_list(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /item/comment/reply/list/: replies below one comment."""
    video = own_video(state, account, request)
    parent = request.query_params.get("comment_id")
    if not parent:
        raise Refused(10005, "comment_id is missing")
    shown = [c for c in visible_comments(state, video) if c.parent_id == parent]
    return comment_page(state, video, account, request, shown)


def visible_comments(state: State, video: Video) -> list[Comment]:
    """Return the comments written by now, oldest first."""
    now: datetime = state.now()
    return sorted(
        (c for c in video.comments if c.created_at <= now),
        key=lambda c: (c.created_at, c.comment_id),
    )


def comment_page(
    state: State, video: Video, account: DouyinAccount, request: Request, shown: list[Comment]
) -> Answer:
    """Return a page of comments from the cursor on."""
    count = int(request.query_params.get("count", "10"))
    if not 0 < count <= COMMENT_COUNT_AT_MOST:
        raise Refused(28001007, f"count must be 1 to {COMMENT_COUNT_AT_MOST}")
    offset = parse_cursor(request)
    page = shown[offset : offset + count]
    answered: dict[str, int] = {}
    for comment in visible_comments(state, video):
        if comment.parent_id:
            answered[comment.parent_id] = answered.get(comment.parent_id, 0) + 1
    rows = [
        {
            "comment_id": c.comment_id,
            "comment_user_id": account.open_id if c.is_brand else c.user_id,
            "content": c.content,
            "create_time": int(c.created_at.timestamp()),
            "digg_count": c.likes,
            "reply_comment_total": answered.get(c.comment_id, 0),
            "top": False,
        }
        for c in page
    ]
    return {
        "cursor": offset + len(page),
        "has_more": offset + len(page) < len(shown),
        "list": rows,
    }


def parse_cursor(request: Request) -> int:
    """Return the offset that a cursor stands for."""
    try:
        return int(request.query_params.get("cursor", "0"))
    except ValueError:
        raise Refused(28001007, "cursor is not one of ours") from None
