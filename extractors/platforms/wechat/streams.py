"""WeChat: one generator per stream."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import count_of, list_of
from extractors.core.errors import ItemNotOffered, NotReady, Transient
from extractors.core.model import Account, Api, DayOutcome, Row, Window
from extractors.core.text import content_length, is_emoji_only
from tidemark.clock import business_date

logger = logging.getLogger(__name__)

ARTICLES_SINCE = date(2025, 11, 1)
ARTICLE_DAYS = 30  # an article's statistics and comments are read this long
ARTICLE_PAGE, COMMENT_PAGE = 20, 49

moment_of = coercer(pa.timestamp("us", tz="UTC"))
is_true = coercer(pa.bool_())


def user_summary(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Followers gained and lost, per day and source."""
    return _datacube(api, "getusersummary", window)


def user_cumulate(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Followers at the end of each day."""
    return _datacube(api, "getusercumulate", window)


def upstream_messages(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Messages that users sent to the account, per day and type."""
    return _datacube(api, "getupstreammsg", window)


def biz_summary(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """What all articles together brought, per day."""
    return _article_days(api, "getbizsummary", window)


def article_reads(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Readers per day and article."""
    return _article_days(api, "getarticleread", window)


def article_shares(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """People who shared, per day and article."""
    return _article_days(api, "getarticleshare", window)


def article_totals(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Counters since publication of the articles published in the window, per statistics day."""
    for article in _article_days(api, "getarticletotaldetail", window):
        if isinstance(article, DayOutcome):
            yield article
            continue
        of_article = {name: value for name, value in article.items() if name != "detail_list"}
        for day in list_of(article, "detail_list"):
            yield {**of_article, **day}


def published_articles(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every published article as it is now, one row per position of a publication."""
    offset, total = 0, 0
    while True:
        body = {"offset": offset, "count": ARTICLE_PAGE, "no_content": 1}
        page = api.post("/cgi-bin/freepublish/batchget", body)
        before, total = total, count_of(page, "total_count")
        items = list_of(page, "item") if total or "item" in page else []
        ids = {item["article_id"] for item in items}
        if not ids and offset < total:
            raise Transient(f"nothing from article {offset} on, and there are {total}; ask again")
        for item in items:
            of_item = {"article_id": item["article_id"], "update_time": item["update_time"]}
            for position, article in enumerate(list_of(item["content"], "news_item")):
                yield {**article, **of_item, "position": position}
        # where some went meanwhile, those behind them moved forward, onto what was read
        gone = max(0, before - total)
        offset += -min(gone, offset) if gone else len(ids)
        if offset >= total and len(ids) < ARTICLE_PAGE:
            return


def comments(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Comments of the articles published in the 30 days up to the window, up to its end."""
    since = max(window.since - timedelta(days=ARTICLE_DAYS - 1), ARTICLES_SINCE)

    def msgids(day: date) -> list[str]:
        # published articles carry no msgid: the statistics of their publish day do
        articles = _article_days(api, "getarticletotaldetail", Window(day, day))
        return [article["msgid"] for article in articles if not isinstance(article, DayOutcome)]

    def of_article(msgid: str) -> list[Row]:
        try:
            return [row for row in _article_comments(api, msgid) if _day(row) <= window.until]
        except ItemNotOffered as error:
            logger.info("wechat: comments of %s are skipped: %s", msgid, error)
            return []

    published = list(api.each(msgids, Window(since, window.until).days()))
    return api.each(of_article, sorted(set(published)))


def _article_comments(api: Api, msgid: str) -> Iterator[Row]:
    msg_data_id, _, number = msgid.rpartition("_")
    article = {"msg_data_id": int(msg_data_id), "index": int(number) - 1}
    begin, seen = 0, set()
    while True:
        span = {"begin": begin, "count": COMMENT_PAGE, "type": 0}
        page = list_of(api.post("/cgi-bin/comment/list", {**article, **span}), "comment")
        new = [comment for comment in page if comment["user_comment_id"] not in seen]
        if not new:  # total counts the page, not the article: only an empty page is the end
            return
        seen |= {comment["user_comment_id"] for comment in new}
        begin += len({comment["user_comment_id"] for comment in page})
        for comment in new:
            text, replies = comment.get("content"), comment.get("reply") or []
            reply = replies[0] if isinstance(replies, list) and replies else replies or {}
            kept = {name: comment[name] for name in comment if name not in {"content", "reply"}}
            yield {
                **kept,
                **article,
                "reply_create_time": reply.get("create_time"),
                "content_length": content_length(text),
                "is_emoji_only": is_emoji_only(text),
            }


def _datacube(api: Api, name: str, window: Window) -> Iterator[Any]:
    """Yield the rows of a window; a day that is not ready is found by halving the window."""
    dates = {"begin_date": f"{window.since}", "end_date": f"{window.until}"}
    is_one_day = window.since == window.until
    try:
        answer = api.post(f"/datacube/{name}", dates)
    except NotReady as error:
        if is_one_day:
            yield DayOutcome(window.since, "not_ready", str(error))
            return
        answer = None
    is_late = answer is not None and is_true(answer.get("is_delay"))
    if answer is None or (is_late and not is_one_day):
        for half in window.split((len(window.days()) + 1) // 2):
            yield from _datacube(api, name, half)
        return
    rows = [] if is_late and "list" not in answer else list_of(answer, "list")
    if is_late and not rows:
        yield DayOutcome(window.since, "not_ready", f"{name}: the platform is late (is_delay)")
    delay = {"is_delay": answer["is_delay"]} if "is_delay" in answer else {}
    for row in rows:
        yield {**row, **delay}


def _article_days(api: Api, name: str, window: Window) -> Iterator[Any]:
    for day in window.days():
        if day < ARTICLES_SINCE:
            yield DayOutcome(day, "not_offered", f"{name} begins on {ARTICLES_SINCE}")
    if window.until < ARTICLES_SINCE:
        return
    offered = Window(max(window.since, ARTICLES_SINCE), window.until)
    for row in _datacube(api, name, offered):
        if isinstance(row, DayOutcome):
            yield row
        else:
            detail = row.get("detail") or {}
            yield {**{key: value for key, value in row.items() if key != "detail"}, **detail}


def _day(row: Row) -> date:
    return business_date(moment_of(row["create_time"]))
