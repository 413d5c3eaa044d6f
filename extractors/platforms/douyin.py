"""Douyin open platform (open.douyin.com), server API v1, data of the brand's own account.

https://developer.open-douyin.com/docs/resource/zh-CN/dop/develop/openapi/ ; scopes, quotas and
terms: docs/platforms/douyin.md. Day series reach back 30 days and are there from about 10:00 on
the next day; per-video series exist for videos created within 30 days.

It cannot tell us: unfollows, reads of image posts, saves, live rooms, buyers, viewers by person.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import code_error, object_of, read_codes
from extractors.core.errors import (
    ApiChanged,
    AuthError,
    ExtractError,
    ItemNotOffered,
)
from extractors.core.model import (
    Account,
    Api,
    Call,
    Credential,
    DayOutcome,
    Field,
    Platform,
    Prepared,
    Row,
    Stream,
    Token,
    Window,
)
from extractors.core.text import content_length, is_emoji_only
from tidemark.clock import business_date

logger = logging.getLogger(__name__)

MOMENT = pa.timestamp("us", tz="UTC")
REACH_DAYS = 30
READY_AT = time(10, 30)
VIDEO_PAGE, COMMENT_PAGE = 20, 50
RENEW_AHEAD = timedelta(days=3)
SERIES = ("play", "like", "comment", "share")
BASE = {  # a counter's name in the listing, and in item/base
    "play_count": "total_play",
    "digg_count": "total_like",
    "comment_count": "total_comment",
    "share_count": "total_share",
    "avg_play_duration": "avg_play_duration",
}

ACCOUNT_DAYS = (
    Field("date", pa.date32(), required=True),
    Field("new_issue", pa.int64(), "increment"),
    Field("total_issue", pa.int64(), "cumulative"),
    Field("new_play", pa.int64(), "increment"),
    Field("new_fans", pa.int64(), "increment"),
    Field("total_fans", pa.int64(), "cumulative"),
    Field("new_like", pa.int64(), "increment"),
    Field("new_comment", pa.int64(), "increment"),
    Field("new_share", pa.int64(), "increment"),
    Field("profile_uv", pa.int64(), "window_total"),
)
VIDEOS = (
    Field("item_id", pa.string(), required=True),
    Field("title", pa.string()),
    Field("create_time", MOMENT, required=True),
    Field("is_top", pa.bool_()),
    Field("is_reviewed", pa.bool_()),
    Field("video_status", pa.int64()),
    Field("media_type", pa.int64()),
    Field("share_url", pa.string()),
)
VIDEO_TOTALS = (
    Field("item_id", pa.string(), required=True),
    Field("play_count", pa.int64(), "cumulative"),
    Field("digg_count", pa.int64(), "cumulative"),
    Field("comment_count", pa.int64(), "cumulative"),
    Field("share_count", pa.int64(), "cumulative"),
    Field("forward_count", pa.int64(), "cumulative", optional=True),
    Field("download_count", pa.int64(), "cumulative", optional=True),
    Field("avg_play_duration", pa.float64(), "snapshot", optional=True),
)
VIDEO_DAYS = (
    Field("item_id", pa.string(), required=True),
    Field("date", pa.date32(), required=True),
    Field("play", pa.int64(), "increment"),
    Field("like", pa.int64(), "increment"),
    Field("comment", pa.int64(), "increment"),
    Field("share", pa.int64(), "increment"),
)
COMMENTS = (
    Field("comment_id", pa.string(), required=True),
    Field("item_id", pa.string(), required=True),
    Field("parent_comment_id", pa.string()),
    Field("create_time", MOMENT, required=True),
    Field("digg_count", pa.int64(), "cumulative"),
    Field("reply_comment_total", pa.int64(), "cumulative", optional=True),
    Field("top", pa.bool_(), optional=True),
    Field("comment_user_id", pa.string(), personal=True),
    Field("is_brand", pa.bool_()),
    Field("content_length", pa.int64()),
    Field("is_emoji_only", pa.bool_()),
)

CODES = read_codes("douyin")

moment_of = coercer(MOMENT)


# -- connection --------------------------------------------------------------------------------


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the header and the account into the query; token calls are forms."""
    params = {name: str(value) for name, value in call.params.items()}
    if call.form is not None:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return Prepared(call.method, call.path, params, kind, urlencode(call.form).encode())
    headers = {"Content-Type": "application/json"}
    if token is not None and call.authorised:
        headers["access-token"] = token.access_token
        params["open_id"] = str(credential.extra.get("open_id", ""))
    return Prepared(call.method, call.path, params, headers)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Use the token of the connection while it lives; from then on refresh, and renew in time."""
    given = _given_token(credential, now)
    if token is None and given is not None and given.expires_at > now:
        return given
    known = [t.refresh_token for t in (token, given) if t is not None and t.refresh_token]
    if not known:
        raise AuthError("no refresh_token in the connection; authorise the account and store it")
    # after a new authorisation the connection holds a younger token than the store
    known = list(dict.fromkeys(known))
    for refresh_token in known[:-1]:
        try:
            return _refreshed(send, credential, refresh_token, now)
        except AuthError as error:
            logger.warning("douyin: stored token is of no use (%s); using the connection's", error)
    return _refreshed(send, credential, known[-1], now)


def _given_token(credential: Credential, now: datetime) -> Token | None:
    extra = credential.extra
    if not extra.get("refresh_token"):
        return None
    return Token(
        str(extra.get("access_token", "")),
        moment_of(extra.get("expires_at")) or now,
        str(extra["refresh_token"]),
        moment_of(extra.get("refresh_expires_at")),
    )


def _refreshed(
    send: Callable[[Call], Any], credential: Credential, refresh_token: str, now: datetime
) -> Token:
    form = {"client_key": credential.login, "refresh_token": refresh_token}
    data = send(
        Call(
            "POST",
            "/oauth/refresh_token/",
            form={**form, "grant_type": "refresh_token"},
            authorised=False,
        )
    )
    access_until = now + timedelta(seconds=int(data["expires_in"]))
    until = now + timedelta(seconds=int(data["refresh_expires_in"]))
    refresh_token = data.get("refresh_token") or refresh_token
    if until - now <= RENEW_AHEAD:
        try:
            form["refresh_token"] = refresh_token
            new = send(Call("POST", "/oauth/renew_refresh_token/", form=form, authorised=False))
        except ExtractError as error:
            logger.warning("douyin: %s; authorise the account again before %s", error, until)
            return Token(data["access_token"], min(access_until, until), refresh_token, until)
        refresh_token = new["refresh_token"]
        until = now + timedelta(seconds=int(new["expires_in"]))
    # come back before the refresh token ends: renewing it later is impossible
    use_until = min(access_until, until - RENEW_AHEAD)
    return Token(data["access_token"], use_until, refresh_token, until)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what its error_code (else that of `extra`) means."""
    answer = object_of(body)
    data, extra = answer.get("data") or {}, answer.get("extra") or {}
    said = data if "error_code" in data else extra
    if "error_code" not in said:
        raise ApiChanged("the answer has no error_code; the envelope is not the contract's")
    code = int(said["error_code"])
    if code:
        raise code_error(CODES, (code,), said.get("description"))
    return data


# -- streams -----------------------------------------------------------------------------------


def account_days(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """One row per day, merged from six endpoints."""
    params = {"date_type": _date_type(api, window.since)}

    def series(name: str) -> list[Row]:
        return api.get(f"/data/external/user/{name}/", params).get("result_list") or []

    days: dict[str, dict[str, Any]] = {}
    for row in api.each(series, ("item", "fans", "like", "comment", "share", "profile")):
        days.setdefault(row["date"], {}).update(row)
    newest = business_date(api.now) - timedelta(days=1)
    for text, row in sorted(days.items()):
        day = date.fromisoformat(text)
        lacking = [field.name for field in ACCOUNT_DAYS if field.name not in row]
        if window.since <= day <= window.until and lacking and day >= newest:
            yield DayOutcome(day, "not_ready", f"no {', '.join(lacking)} yet")
        elif window.since <= day <= window.until:
            yield {**dict.fromkeys(lacking), **row}


def videos(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every video of the account as it is now."""
    return _listed(api, "/api/douyin/v1/video/video_list/", {"count": VIDEO_PAGE})


def video_totals(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Counters since publication, as they stand now: the listing's, else those of item/base."""

    def totals(video: Row) -> Iterator[Row]:
        listed = video.get("statistics") or {}
        base = _base(api, video) if _is_young(api, video) else {}
        if listed or base:
            found = {ours: base[theirs] for ours, theirs in BASE.items() if theirs in base}
            yield {"item_id": video["item_id"], **found, **listed}

    return api.each(totals, _published_by(api, window))


def video_days(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """What videos created within 30 days gained per day."""

    def days(video: Row) -> list[Row]:
        since = max(window.since, _created_on(video))
        params = {"item_id": video["item_id"], "date_type": _date_type(api, since)}
        found: dict[str, dict[str, Any]] = {}
        try:
            for name in SERIES:
                page = api.get(f"/data/external/item/{name}/", params)
                for row in page.get("result_list") or []:
                    found.setdefault(row["date"], dict.fromkeys(SERIES)).update(row)
        except ItemNotOffered as error:
            logger.info("douyin: video %s is skipped: %s", video["item_id"], error)
            return []
        return [{"item_id": video["item_id"], **row} for _, row in sorted(found.items())]

    return api.each(days, [v for v in _published_by(api, window) if _is_young(api, v)])


def comments(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Comments and replies up to the window's end; of old videos only those of the window."""
    brand = account.options.get("open_id", account.external_id)

    def of_video(video: Row) -> Iterator[Row]:
        try:
            for comment in _video_comments(api, video, window):
                text, author = comment.get("content"), comment.get("comment_user_id")
                yield {
                    "parent_comment_id": None,
                    **{name: value for name, value in comment.items() if name != "content"},
                    "item_id": video["item_id"],
                    "is_brand": author == brand,
                    "content_length": content_length(text),
                    "is_emoji_only": is_emoji_only(text),
                }
        except ItemNotOffered as error:
            logger.info("douyin: comments of %s are skipped: %s", video["item_id"], error)

    return api.each(of_video, [v for v in _published_by(api, window) if _may_have_comments(v)])


def _video_comments(api: Api, video: Row, window: Window) -> Iterator[Row]:
    params = {"item_id": video["item_id"], "count": COMMENT_PAGE}
    is_old = _created_on(video) < window.since - timedelta(days=REACH_DAYS)
    for comment in _listed(api, "/item/comment/list/", {**params, "sort_type": "time"}):
        day = _created_on(comment)
        if is_old and day < window.since and not comment.get("top"):
            return  # newest first: the rest is older still
        if day > window.until:
            continue
        yield comment
        if int(comment.get("reply_comment_total") or 0):
            above = {"comment_id": comment["comment_id"]}
            for reply in _listed(api, "/item/comment/reply/list/", {**params, **above}):
                if _created_on(reply) <= window.until:
                    yield {**reply, "parent_comment_id": comment["comment_id"]}


def _may_have_comments(video: Row) -> bool:
    return bool(int((video.get("statistics") or {}).get("comment_count", 1)))


def _base(api: Api, video: Row) -> Row:
    try:
        data = api.get("/data/external/item/base/", {"item_id": video["item_id"]})
    except ItemNotOffered as error:
        logger.info("douyin: totals of %s are skipped: %s", video["item_id"], error)
        return {}
    listed: list[Row] = data.get("result_list") or []
    return data.get("result") or max(listed, key=lambda row: row.get("date", ""), default={})


def _listed(api: Api, path: str, params: Row) -> Iterator[Row]:
    cursor: Any = 0
    seen: set[str] = set()
    while str(cursor) not in seen:  # a cursor that repeats would never end
        seen.add(str(cursor))
        page = api.get(path, {**params, "cursor": cursor})
        yield from page.get("list") or []
        if str(page.get("has_more")).lower() not in {"true", "1"}:
            return
        cursor = page["cursor"]


def _published_by(api: Api, window: Window) -> list[Row]:
    listed = _listed(api, "/api/douyin/v1/video/video_list/", {"count": VIDEO_PAGE})
    return [video for video in listed if _created_on(video) <= window.until]


def _created_on(item: Row) -> date:
    return business_date(moment_of(item["create_time"]))


def _is_young(api: Api, video: Row) -> bool:
    return _created_on(video) >= business_date(api.now) - timedelta(days=REACH_DAYS)


def _date_type(api: Api, since: date) -> int:
    age = (business_date(api.now) - since).days
    return next((days for days in (7, 15) if age <= days), REACH_DAYS)


PLATFORM = Platform(
    name="douyin",
    label_zh="抖音",
    label_en="Douyin",
    base_url="https://open.douyin.com",
    calls_per_second=10,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="30 10 * * *",
    streams=(
        Stream(
            name="account_days",
            label_zh="账号日数据",
            label_en="Account days",
            fields=ACCOUNT_DAYS,
            key=("date",),
            merge="replace_slice",
            read=account_days,
            day=lambda row: row["date"],
            lookback_days=2,
            reach_days=REACH_DAYS,
            ready_at=READY_AT,
            is_dense=True,
            is_required=True,
        ),
        Stream(
            name="videos",
            label_zh="作品列表",
            label_en="Videos",
            fields=VIDEOS,
            key=("item_id",),
            merge="upsert_version",
            read=videos,
            ignored=frozenset({"cover", "statistics", "video_id"}),
            ready_at=READY_AT,
            is_complete_listing=True,
        ),
        Stream(
            name="video_totals",
            label_zh="作品累计数据",
            label_en="Video totals",
            fields=VIDEO_TOTALS,
            key=("item_id",),
            merge="replace_slice",
            read=video_totals,
            ready_at=READY_AT,
            is_snapshot=True,
            snapshot_tolerance_hours=12,
        ),
        Stream(
            name="video_days",
            label_zh="作品日数据",
            label_en="Video days",
            fields=VIDEO_DAYS,
            key=("item_id", "date"),
            merge="replace_slice",
            read=video_days,
            day=lambda row: row["date"],
            lookback_days=2,
            reach_days=REACH_DAYS,
            ready_at=READY_AT,
        ),
        Stream(
            name="comments",
            label_zh="作品评论",
            label_en="Comments",
            fields=COMMENTS,
            key=("comment_id",),
            merge="upsert_version",
            read=comments,
            day=lambda row: business_date(row["create_time"]),
            ready_at=READY_AT,
        ),
    ),
)
