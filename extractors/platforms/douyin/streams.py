"""Douyin: one generator per stream."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import flag_of, list_of
from extractors.core.errors import ApiChanged, ItemNotOffered
from extractors.core.model import Account, Api, DayOutcome, Row, Window
from extractors.core.text import content_length, is_emoji_only
from tidemark.clock import business_date

logger = logging.getLogger(__name__)

REACH_DAYS = 30
VIDEO_PAGE, COMMENT_PAGE = 20, 50
PAGES_AT_MOST = 5_000
USER_SERIES = {  # endpoint: what its rows say about a day
    "item": ("new_issue", "total_issue", "new_play"),
    "fans": ("new_fans", "total_fans"),
    "like": ("new_like",),
    "comment": ("new_comment",),
    "share": ("new_share",),
    "profile": ("profile_uv",),
}
VIDEO_SERIES = ("play", "like", "comment", "share")
BASE = {  # a counter's name in the listing, and in item/base
    "play_count": "total_play",
    "digg_count": "total_like",
    "comment_count": "total_comment",
    "share_count": "total_share",
    "avg_play_duration": "avg_play_duration",
}

moment_of = coercer(pa.timestamp("us", tz="UTC"))


def account_days(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """One row per day, merged from six endpoints."""
    params = {"date_type": _date_type(api, window.since)}

    def series(name: str) -> list[Row]:
        return list_of(api.get(f"/data/external/user/{name}/", params), "result_list")

    days: dict[str, dict[str, Any]] = {}
    for row in api.each(series, tuple(USER_SERIES)):
        days.setdefault(row["date"], {}).update(row)
    newest = business_date(api.now) - timedelta(days=1)
    for text, row in sorted(days.items()):
        day = date.fromisoformat(text)
        lacking = [name for names in USER_SERIES.values() for name in names if name not in row]
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
    """What videos created within 30 days of now gained per day of the window."""

    def days(video: Row) -> list[Row]:
        since = max(window.since, _created_on(video))
        params = {"item_id": video["item_id"], "date_type": _date_type(api, since)}
        found: dict[str, dict[str, Any]] = {}
        try:
            for name in VIDEO_SERIES:
                page = api.get(f"/data/external/item/{name}/", params)
                for row in list_of(page, "result_list"):
                    found.setdefault(row["date"], dict.fromkeys(VIDEO_SERIES)).update(row)
        except ItemNotOffered as error:
            logger.info("douyin: video %s is skipped: %s", video["item_id"], error)
            return []
        asked = {str(day) for day in window.days()}
        return [{"item_id": video["item_id"], **found[day]} for day in sorted(asked & found.keys())]

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
    listed = [] if "result" in data else list_of(data, "result_list")
    return data.get("result") or max(listed, key=lambda row: row.get("date", ""), default={})


def _listed(api: Api, path: str, params: Row) -> Iterator[Row]:
    cursor: Any = 0
    seen: set[str] = set()
    while str(cursor) not in seen:  # the platform's last cursor may be its own
        if len(seen) >= PAGES_AT_MOST:
            raise ApiChanged(f"{path}: more than {PAGES_AT_MOST} pages; does its cursor move on?")
        seen.add(str(cursor))
        page = api.get(path, {**params, "cursor": cursor})
        yield from list_of(page, "list")
        if not flag_of(page, "has_more"):
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
