"""Weibo: one generator per stream."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from extractors.core.envelope import count_of, list_of
from extractors.core.errors import ApiChanged, Transient
from extractors.core.model import Account, Api, Row, Window
from extractors.core.text import content_length, is_emoji_only
from tidemark.clock import business_date

TIMELINE_PAGE, COMMENT_PAGE, COUNTED = 100, 50, 100
RESCANNED_DAYS = 30  # counters of posts change this long
# a day has about 100 calls: the newest pages are enough for what is read every day
PAGES_AT_MOST = 5
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def account_counts(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """The account's stocks as they stand now."""
    found = api.get("/2/users/counts.json", {"uids": account.external_id})
    own = [row for row in _rows(found) if str(row.get("id")) == account.external_id]
    if not own:
        raise ApiChanged(f"users/counts does not name {account.external_id}; is it the token's?")
    yield from own


def posts(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """The account's own posts of the last 30 days and of the window, as they are now."""
    for post in _timeline(api, _rescanned(window)):
        text = post.get("text")
        yield {**post, "created_at": _moment(post.get("created_at")), "text": text}


def post_counts(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Counters since publication of the posts of the last 30 days, as they stand now."""
    found = (str(post["idstr"]) for post in _timeline(api, _rescanned(window)))
    ids = list(dict.fromkeys(found))
    for first in range(0, len(ids), COUNTED):
        some = ",".join(ids[first : first + COUNTED])
        yield from _rows(api.get("/2/statuses/count.json", {"ids": some}))


def comments(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Comments that the account received within the window; its own answers are not among them."""
    for comment in _newest_first(api, "/2/comments/to_me.json", "comments", COMMENT_PAGE, window):
        user, status = comment.get("user") or {}, comment.get("status") or {}
        above, text = comment.get("reply_comment") or {}, comment.get("text")
        yield {
            "idstr": comment.get("idstr"),
            "created_at": _moment(comment.get("created_at")),
            "status_id": status.get("idstr"),
            "parent_id": above.get("idstr"),
            "user_id": user.get("idstr"),
            "is_brand": user.get("idstr") == account.external_id,
            "content_length": content_length(text),
            "is_emoji_only": is_emoji_only(text),
        }


def _rescanned(window: Window) -> Window:
    return Window(window.since - timedelta(days=RESCANNED_DAYS), window.until)


def _timeline(api: Api, window: Window) -> Iterator[Row]:
    return _newest_first(api, "/2/statuses/user_timeline.json", "statuses", TIMELINE_PAGE, window)


def _newest_first(api: Api, path: str, name: str, size: int, window: Window) -> Iterator[Row]:
    """Read pages by max_id until they are older than the window; the platform caps the depth."""
    newest: dict[str, int] = {}
    for number in range(PAGES_AT_MOST):
        page = api.get(path, {"count": size, **newest})
        items = list_of(page, name)
        if not items and number == 0 and count_of(page, "total_number"):
            raise Transient(
                f"{path}: nothing came, and there are items; is the app over its quota?"
            )
        days = [_day(item) for item in items]
        yield from (i for i, day in zip(items, days, strict=True) if _is_within(day, window))
        known = [day for day in days if day is not None]
        if len(items) < size or (known and min(known) < window.since):
            return
        newest = {"max_id": min(int(item["idstr"]) for item in items) - 1}


def _is_within(day: date | None, window: Window) -> bool:
    """Tell whether an item belongs here; one without readable time goes to quarantine."""
    return day is None or window.since <= day <= window.until


def _day(item: Row) -> date | None:
    found = _moment(item.get("created_at"))
    return business_date(found) if isinstance(found, datetime) else None


def _moment(text: Any) -> Any:
    """Return the moment of `Mon Mar 30 11:13:57 +0800 2015`, whatever the locale, or the text."""
    try:
        _weekday, month, day, clock, zone, year = str(text).split()
        hour, minute, second = (int(part) for part in clock.split(":"))
        offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:]))
        number = MONTHS.index(month) + 1
        moment = datetime(
            int(year), number, int(day), hour, minute, second, tzinfo=timezone(offset)
        )
    except ValueError:
        return text
    return moment.astimezone(UTC)


def _rows(found: Any) -> list[Row]:
    if not isinstance(found, list):
        raise ApiChanged(f"the answer is of type {type(found).__name__}, not a list")
    return found
