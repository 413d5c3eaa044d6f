"""WeChat Official Account (api.weixin.qq.com): datacube, published articles, comments.

https://developers.weixin.qq.com/doc/service/api/ ; rights, quotas and terms:
docs/platforms/wechat.md. A day is there from 08:00 on the next day; the statistics of articles
begin on 2025-11-01. The six article endpoints of before are retired and never called.

It cannot tell us: read times (only readers), which articles bring followers, a reader's
identity, articles before November 2025.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import code_error, object_of, read_codes
from extractors.core.errors import ItemNotOffered, NotReady
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
CODES = read_codes("wechat")
ARTICLES_SINCE = date(2025, 11, 1)
ARTICLE_DAYS = 30  # an article's statistics and comments are read this long
ARTICLE_PAGE, COMMENT_PAGE = 20, 49

SCENES = pa.list_(pa.struct([("scene_desc", pa.string()), ("user_count", pa.int64())]))
JUMPS = pa.list_(pa.struct([("position", pa.int64()), ("rate", pa.float64())]))
COUNTED = ("share_user", "zaikan_user", "like_user", "comment_count", "collection_user")

USER_SUMMARY = (
    Field("ref_date", pa.date32(), required=True),
    Field("user_source", pa.int64(), required=True),
    Field("new_user", pa.int64(), "increment"),
    Field("cancel_user", pa.int64(), "increment"),
)
USER_CUMULATE = (
    Field("ref_date", pa.date32(), required=True),
    Field("cumulate_user", pa.int64(), "cumulative"),
)
BIZ_SUMMARY = (
    Field("ref_date", pa.date32(), required=True),
    Field("read_user", pa.int64(), "window_total"),
    *(Field(name, pa.int64(), "window_total") for name in COUNTED),
    Field("redirect_ori_page_user", pa.int64(), "window_total"),
    Field("send_page_count", pa.int64(), "increment"),
    Field("read_user_source", SCENES, "window_total"),
    Field("is_delay", pa.bool_()),
)
ARTICLE_READS = (
    Field("ref_date", pa.date32(), required=True),
    Field("msgid", pa.string(), required=True),
    Field("read_user", pa.int64(), "window_total"),
    Field("read_user_source", SCENES, "window_total"),
    Field("is_delay", pa.bool_()),
)
ARTICLE_SHARES = (
    Field("ref_date", pa.date32(), required=True),
    Field("msgid", pa.string(), required=True),
    Field("share_user", pa.int64(), "window_total"),
    Field("is_delay", pa.bool_()),
)
ARTICLE_TOTALS = (
    Field("ref_date", pa.date32(), required=True),
    Field("msgid", pa.string(), required=True),
    Field("publish_type", pa.int64()),
    Field("title", pa.string()),
    Field("content_url", pa.string()),
    Field("stat_date", pa.date32(), required=True),
    Field("read_user", pa.int64(), "cumulative"),
    Field("read_user_source", SCENES, "cumulative"),
    *(Field(name, pa.int64(), "cumulative") for name in COUNTED),
    *(Field(name, pa.int64(), "cumulative") for name in ("praise_money", "read_subscribe_user")),
    *(Field(name, pa.float64(), "snapshot") for name in ("read_delivery_rate", "read_finish_rate")),
    Field("read_avg_activetime", pa.float64(), "snapshot"),  # minutes
    Field("read_jump_position", JUMPS, "snapshot"),
    Field("is_delay", pa.bool_()),
)
UPSTREAM_MESSAGES = (
    Field("ref_date", pa.date32(), required=True),
    Field("msg_type", pa.int64(), required=True),
    Field("msg_user", pa.int64(), "window_total"),
    Field("msg_count", pa.int64(), "increment"),
)
PUBLISHED_ARTICLES = (
    Field("article_id", pa.string(), required=True),
    Field("position", pa.int64(), required=True),
    Field("title", pa.string()),
    Field("url", pa.string()),
    Field("content_source_url", pa.string()),
    Field("is_deleted", pa.bool_()),
    Field("update_time", MOMENT, required=True),
)
COMMENTS = (
    Field("msg_data_id", pa.string(), required=True),
    Field("index", pa.int64(), required=True),  # from 0; the msgid of the statistics from 1
    Field("user_comment_id", pa.string(), required=True),
    Field("openid", pa.string(), optional=True, personal=True),
    Field("create_time", MOMENT, required=True),
    Field("comment_type", pa.int64()),
    Field("reply_create_time", MOMENT),
    Field("content_length", pa.int64()),
    Field("is_emoji_only", pa.bool_()),
)

moment_of = coercer(MOMENT)


# -- connection --------------------------------------------------------------------------------


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the query; the body is JSON."""
    params = {name: str(value) for name, value in call.params.items()}
    if token is not None and call.authorised:
        params["access_token"] = token.access_token
    headers = {"Content-Type": "application/json"}
    body = None if call.json is None else json.dumps(call.json, ensure_ascii=False).encode()
    return Prepared(call.method, call.path, params, headers, body)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Ask for the stable token; it stays the same until shortly before its end."""
    app = {"appid": credential.login, "secret": credential.password}
    body = {"grant_type": "client_credential", **app, "force_refresh": False}
    data = send(Call("POST", "/cgi-bin/stable_token", json=body, authorised=False))
    return Token(data["access_token"], now + timedelta(seconds=int(data["expires_in"])))


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return the answer itself, or raise what its errcode means; no errcode is success."""
    answer = object_of(body)
    code = int(answer.get("errcode") or 0)
    if code:
        raise code_error(CODES, (code,), answer.get("errmsg"))
    return answer


# -- streams -----------------------------------------------------------------------------------


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
        for day in article.get("detail_list") or []:
            yield {**of_article, **day}


def published_articles(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every published article as it is now, one row per position of a publication."""
    offset, total = 0, 1
    while offset < total:
        body = {"offset": offset, "count": ARTICLE_PAGE, "no_content": 1}
        page = api.post("/cgi-bin/freepublish/batchget", body)
        total, items = int(page["total_count"]), page.get("item") or []
        if not items:
            return
        for item in items:
            of_item = {"article_id": item["article_id"], "update_time": item["update_time"]}
            for position, article in enumerate((item.get("content") or {}).get("news_item") or []):
                yield {**article, **of_item, "position": position}
        offset += len(items)


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
        page = api.post("/cgi-bin/comment/list", {**article, **span}).get("comment") or []
        new = [comment for comment in page if comment["user_comment_id"] not in seen]
        if not new:  # total counts the page, not the article: only an empty page is the end
            return
        seen |= {comment["user_comment_id"] for comment in new}
        begin += len(page)
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
    if answer is None or (answer.get("is_delay") and not is_one_day):
        for half in window.split((len(window.days()) + 1) // 2):
            yield from _datacube(api, name, half)
        return
    rows = answer.get("list") or []
    if answer.get("is_delay") and not rows:
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


def _ref_date(row: Row) -> date:
    found: date = row["ref_date"]
    return found


PLATFORM = Platform(
    name="wechat",
    label_zh="微信公众号",
    label_en="WeChat Official Account",
    base_url="https://api.weixin.qq.com",
    calls_per_second=10,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="30 8 * * *",
    streams=(
        Stream(
            name="user_summary",
            label_zh="用户增减",
            label_en="Follower changes",
            fields=USER_SUMMARY,
            key=("ref_date", "user_source"),
            merge="replace_slice",
            read=user_summary,
            day=_ref_date,
            max_window_days=7,
            is_required=True,
        ),
        Stream(
            name="user_cumulate",
            label_zh="累计用户",
            label_en="Followers",
            fields=USER_CUMULATE,
            key=("ref_date",),
            merge="replace_slice",
            read=user_cumulate,
            day=_ref_date,
            ignored=frozenset({"user_source"}),
            max_window_days=7,
            is_dense=True,
            is_required=True,
        ),
        Stream(
            name="biz_summary",
            label_zh="图文汇总",
            label_en="Article summary",
            fields=BIZ_SUMMARY,
            key=("ref_date",),
            merge="replace_slice",
            read=biz_summary,
            day=_ref_date,
            lookback_days=2,
            max_window_days=30,
            is_dense=True,
            is_required=True,
        ),
        Stream(
            name="article_reads",
            label_zh="图文阅读",
            label_en="Article reads",
            fields=ARTICLE_READS,
            key=("ref_date", "msgid"),
            merge="replace_slice",
            read=article_reads,
            day=_ref_date,
            lookback_days=2,
            max_window_days=1,
        ),
        Stream(
            name="article_shares",
            label_zh="图文分享",
            label_en="Article shares",
            fields=ARTICLE_SHARES,
            key=("ref_date", "msgid"),
            merge="replace_slice",
            read=article_shares,
            day=_ref_date,
            lookback_days=2,
            max_window_days=1,
        ),
        Stream(
            name="article_totals",
            label_zh="图文累计数据",
            label_en="Article totals",
            fields=ARTICLE_TOTALS,
            key=("msgid", "stat_date"),
            merge="replace_slice",
            read=article_totals,
            day=_ref_date,
            lookback_days=ARTICLE_DAYS,
            max_window_days=1,
        ),
        Stream(
            name="upstream_messages",
            label_zh="用户消息",
            label_en="Messages from users",
            fields=UPSTREAM_MESSAGES,
            key=("ref_date", "msg_type"),
            merge="replace_slice",
            read=upstream_messages,
            day=_ref_date,
            max_window_days=7,
        ),
        Stream(
            name="published_articles",
            label_zh="已发布图文",
            label_en="Published articles",
            fields=PUBLISHED_ARTICLES,
            key=("article_id", "position"),
            merge="upsert_version",
            read=published_articles,
            version=lambda row: row["update_time"],
            ignored=frozenset(
                {
                    *("author", "digest", "content", "thumb_media_id", "thumb_url"),
                    *("show_cover_pic", "need_open_comment", "only_fans_can_comment"),
                }
            ),
            is_complete_listing=True,
        ),
        Stream(
            name="comments",
            label_zh="图文留言",
            label_en="Comments",
            fields=COMMENTS,
            key=("msg_data_id", "index", "user_comment_id"),
            merge="upsert_version",
            read=comments,
            day=lambda row: business_date(row["create_time"]),
        ),
    ),
)
