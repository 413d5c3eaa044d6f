"""WeChat Official Account: stable token, datacube, published items, comments.

HTTP is 200 on business errors; success of datacube and token calls has no errcode.
"""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.state import State
from sandbox.world import Article, WeChatAccount
from tidemark.clock import SHANGHAI, business_date

TOKEN_SECONDS = 7200
RENEW_BEFORE_SECONDS = 300
READY_HOUR = 8
ARTICLE_DATA_FROM = date(2025, 11, 1)
TOTAL_DAYS = 30
COMMENTS_AT_MOST = 49
SPANS = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getbizsummary": 30,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getarticletotaldetail": 1,
    "getupstreammsg": 7,
}
RETIRED = (
    "getarticlesummary",
    "getarticletotal",
    "getuserread",
    "getuserreadhour",
    "getusershare",
    "getusersharehour",
)

Body = dict[str, Any]
Read = Callable[[State, WeChatAccount, Body], Body]


class Refused(Exception):
    """An errcode with its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def routes(state: State) -> list[Route]:
    """Return the paths that exist, with the methods they take."""

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
            return JSONResponse(stable_token(state, parse(await request.body())))
        except Refused as refusal:
            return refused(refusal)

    async def missing(_request: Request) -> Response:
        return Response(status_code=404)

    cube = {
        "getusersummary": user_summary,
        "getusercumulate": user_cumulate,
        "getbizsummary": biz_summary,
        "getarticleread": article_read,
        "getarticleshare": article_share,
        "getarticletotaldetail": article_total,
        "getupstreammsg": upstream_messages,
    }
    found = [
        Route("/wechat/cgi-bin/stable_token", token, methods=["POST"]),
        Route("/wechat/cgi-bin/datacube/{name}", missing, methods=["GET", "POST"]),
        Route("/wechat/cgi-bin/freepublish/batchget", guarded(published), methods=["POST"]),
        Route("/wechat/cgi-bin/comment/list", guarded(comments), methods=["POST"]),
    ]
    for name, read in cube.items():
        found.append(
            Route(f"/wechat/datacube/{name}", guarded(ranged(name, read)), methods=["POST"])
        )
    for name in RETIRED:
        found.append(Route(f"/wechat/datacube/{name}", guarded(retired), methods=["POST"]))
    return found


def refused(refusal: Refused) -> JSONResponse:
    """Return an error in HTTP 200."""
    return JSONResponse({"errcode": refusal.code, "errmsg": f"{refusal} rid: 6172-6126f6f9-040f"})


def parse(content: bytes) -> Body:
    """Return the JSON body of a call."""
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        raise Refused(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


def stable_token(state: State, body: Body) -> Body:
    """POST /cgi-bin/stable_token: the same token until 5 minutes before its end."""
    account = next((a for a in state.world.wechat if a.appid == body.get("appid")), None)
    if account is None:
        raise Refused(40013, "invalid appid")
    if body.get("secret") != account.secret:
        raise Refused(40125, "invalid appsecret")
    if body.get("grant_type") != "client_credential":
        raise Refused(40002, "invalid grant_type")
    now = state.now()
    keep = timedelta(seconds=RENEW_BEFORE_SECONDS)
    standing = [
        t for t in state.tokens.values() if t.owner == account.appid and t.expires_at - keep > now
    ]
    forced = body.get("force_refresh") is True
    token = standing[-1] if standing and not forced else None
    token = token or state.issue("", account.appid, TOKEN_SECONDS)
    return {
        "access_token": token.value,
        "expires_in": int((token.expires_at - now).total_seconds()),
    }


def caller(state: State, request: Request) -> WeChatAccount:
    """Return the account of the token in the query; Refused says why not."""
    fault = state.route_fault(request.url.path)
    if fault is not None:
        codes = {"rate_limit": 45011, "quota": 45009}
        raise Refused(int(fault.value or codes.get(fault.kind, -1)), "fault on order")
    value = request.query_params.get("access_token")
    if not value:
        raise Refused(41001, "access_token missing")
    owner = state.owner_of(value)
    if owner is None:
        raise Refused(40001, "invalid credential, access_token is invalid or not latest")
    if owner == "":
        raise Refused(42001, "access_token expired")
    if state.is_too_fast(owner):
        raise Refused(45011, "api minute-quota reach limit")
    if state.is_over_quota(owner):
        raise Refused(45009, "reach max api daily quota limit")
    return next(account for account in state.world.wechat if account.appid == owner)


def retired(_state: State, _account: WeChatAccount, _body: Body) -> Body:
    """Answer as the endpoints that were switched off do."""
    raise Refused(47009, "this api is offline, please use the new api")


def ranged(name: str, read: Callable[[State, WeChatAccount, list[date]], Body]) -> Read:
    """Return an endpoint of the datacube with its rules of range checked first."""

    def checked(state: State, account: WeChatAccount, body: Body) -> Body:
        if set(body) != {"begin_date", "end_date"}:
            raise Refused(47001, "data format error: begin_date and end_date only")
        try:
            begin = date.fromisoformat(body["begin_date"])
            end = date.fromisoformat(body["end_date"])
        except (TypeError, ValueError):
            raise Refused(61500, "date format error") from None
        now = state.now().astimezone(SHANGHAI)
        if begin > end or (end - begin).days >= SPANS[name] or end >= now.date():
            raise Refused(61501, "date range error")
        if end == now.date() - timedelta(days=1) and now.hour < READY_HOUR:
            raise Refused(61503, "data not ready")
        days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
        return read(state, account, days)

    return checked


def user_summary(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return a row per day and source with any change."""
    return {
        "list": [
            {"ref_date": str(day), "user_source": source, "new_user": new, "cancel_user": lost}
            for day in days
            for source, (new, lost) in account.follows.get(day, {}).items()
            if new or lost
        ]
    }


def user_cumulate(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return the follower total at the end of each day."""
    return {
        "list": [
            {"ref_date": str(day), "cumulate_user": followers(account, day), "user_source": 0}
            for day in days
        ]
    }


def followers(account: WeChatAccount, until: date) -> int:
    """Return the followers at the end of a day."""
    net = sum(
        new - lost
        for day, sources in account.follows.items()
        if day <= until
        for new, lost in sources.values()
    )
    return account.followers_before + net


def biz_summary(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return the account's day: readers and interactions of all articles."""
    rows = []
    for day in days:
        if day < ARTICLE_DATA_FROM:
            raise Refused(61501, "date range error")
        total = {
            name: sum((article.days.get(day) or {}).get(name) or 0 for article in account.articles)
            for name in (
                "read_user",
                "share_user",
                "zaikan_user",
                "like_user",
                "comment_count",
                "collection_user",
            )
        }
        sent = sum(1 for article in account.articles if business_date(article.published_at) == day)
        detail = {
            **total,
            "read_user_source": scenes(total["read_user"]),
            "redirect_ori_page_user": 0,
            "send_page_count": sent,
        }
        rows.append({"ref_date": str(day), "detail": detail})
    return {"list": rows, "is_delay": False}


def scenes(readers: int) -> list[Body]:
    """Return readers by where they came from; scenes overlap and do not add up."""
    return [
        {"user_count": readers, "scene_desc": "全部"},
        {"user_count": readers * 3 // 5, "scene_desc": "公众号消息"},
        {"user_count": readers // 4, "scene_desc": "推荐"},
    ]


def read_on(account: WeChatAccount, day: date) -> list[tuple[Article, dict[str, int | None]]]:
    """Return the articles that had readers on a day."""
    found = [(article, article.days.get(day) or {}) for article in account.articles]
    return [(article, row) for article, row in found if row.get("read_user")]


def article_read(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return readers of each article read on the day."""
    (day,) = days
    return {
        "list": [
            {
                "ref_date": str(day),
                "msgid": article.msgid,
                "detail": {
                    "read_user": row["read_user"],
                    "read_user_source": scenes(row["read_user"] or 0),
                },
            }
            for article, row in read_on(account, day)
        ],
        "is_delay": False,
    }


def article_share(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return sharers of each article shared on the day."""
    (day,) = days
    return {
        "list": [
            {
                "ref_date": str(day),
                "msgid": article.msgid,
                "detail": {"share_user": row["share_user"]},
            }
            for article, row in read_on(account, day)
            if row["share_user"]
        ],
        "is_delay": False,
    }


def article_total(state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return every article published on the day, with totals up to each stat date."""
    (published_on,) = days
    now = state.now().astimezone(SHANGHAI)
    last = now.date() - timedelta(days=1 if now.hour >= READY_HOUR else 2)
    rows = []
    for article in account.articles:
        if business_date(article.published_at) != published_on:
            continue
        until = min(last, published_on + timedelta(days=TOTAL_DAYS))
        stat_days = [published_on + timedelta(n) for n in range((until - published_on).days + 1)]
        rows.append(
            {
                "ref_date": str(published_on),
                "msgid": article.msgid,
                "publish_type": 0,
                "title": article.title,
                "content_url": article.url,
                "detail_list": [total_until(article, day) for day in stat_days],
            }
        )
    return {"list": rows, "is_delay": False}


def total_until(article: Article, stat_date: date) -> Body:
    """Return an article's running totals at the end of a day."""
    names = ("read_user", "share_user", "zaikan_user", "like_user", "comment_count")
    total = {
        name: sum((row.get(name) or 0) for day, row in article.days.items() if day <= stat_date)
        for name in (*names, "collection_user")
    }
    return {
        "stat_date": str(stat_date),
        **total,
        "read_user_source": scenes(total["read_user"]),
        "praise_money": 0,
        "read_subscribe_user": total["read_user"] // 2,
        "read_delivery_rate": 0.0271002,
        "read_finish_rate": 0.6304348,
        "read_avg_activetime": 1.0588236,
        "read_jump_position": [{"position": n, "rate": 0.2} for n in range(1, 6)],
    }


def upstream_messages(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return messages sent to the account by day and type."""
    return {
        "list": [
            {"ref_date": str(day), "msg_type": kind, "msg_user": people, "msg_count": count}
            for day in days
            for kind, (people, count) in account.messages.get(day, {}).items()
        ]
    }


def published(state: State, account: WeChatAccount, body: Body) -> Body:
    """POST /cgi-bin/freepublish/batchget: newest first, at most 20 a page."""
    offset, count = body.get("offset"), body.get("count")
    if not isinstance(offset, int) or not isinstance(count, int) or not 1 <= count <= 20:
        raise Refused(40007, "invalid offset or count")
    shown = [article for article in account.articles if article.published_at <= state.now()]
    shown.sort(key=lambda article: article.published_at, reverse=True)
    page = shown[offset : offset + count]
    return {
        "total_count": len(shown),
        "item_count": len(page),
        "item": [
            {
                "article_id": article.article_id,
                "content": {"news_item": [news_item(article)]},
                "update_time": int(article.published_at.timestamp()),
            }
            for article in page
        ],
    }


def news_item(article: Article) -> Body:
    """Return an article as the listing shows it."""
    return {
        "title": article.title,
        "author": "编辑部",
        "digest": "",
        "content": "",
        "content_source_url": "",
        "thumb_media_id": "",
        "thumb_url": "",
        "show_cover_pic": 0,
        "need_open_comment": 1,
        "only_fans_can_comment": 0,
        "url": article.url,
        "is_deleted": False,
    }


def comments(state: State, account: WeChatAccount, body: Body) -> Body:
    """POST /cgi-bin/comment/list: index is 0-based, fewer than 50 a page."""
    count, begin = body.get("count"), body.get("begin")
    if not isinstance(count, int) or not 0 < count <= COMMENTS_AT_MOST:
        raise Refused(40007, "count must be less than 50")
    if not isinstance(begin, int) or "index" not in body:
        raise Refused(47001, "data format error")
    article = next(
        (
            a
            for a in account.articles
            if a.msg_data_id == str(body.get("msg_data_id"))
            and a.index == int(body["index"]) + 1
            and a.published_at <= state.now()
        ),
        None,
    )
    if article is None:
        raise Refused(88001, "msg_data is not exists")
    visible = [c for c in article.comments if c.created_at <= state.now()]
    replies = {c.parent_id: c for c in visible if c.parent_id}
    page = [c for c in visible if c.parent_id is None][begin : begin + count]
    rows = []
    for comment in page:
        row: Body = {
            "user_comment_id": int(comment.comment_id),
            "openid": comment.user_id,
            "create_time": int(comment.created_at.timestamp()),
            "content": comment.content,
            "comment_type": 0,
        }
        if reply := replies.get(comment.comment_id):
            moment = int(reply.created_at.timestamp())
            row["reply"] = {"content": reply.content, "create_time": moment}
        rows.append(row)
    return {"errcode": 0, "errmsg": "ok", "total": len(rows), "comment": rows}
