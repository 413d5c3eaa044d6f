"""WeChat statistics: a body of two dates, a span per endpoint, yesterday from eight o'clock on."""

from collections.abc import Callable
from datetime import date, timedelta

from sandbox.routes.wechat.envelope import Body, Refused
from sandbox.state import State
from sandbox.world import Article, WeChatAccount
from tidemark.clock import SHANGHAI, business_date

READY_HOUR = 8
USER_DATA_FROM = date(2014, 12, 1)
ARTICLE_DATA_FROM = date(2025, 11, 1)
TOTAL_DAYS = 30
COUNTED = (
    "read_user",
    "share_user",
    "zaikan_user",
    "like_user",
    "comment_count",
    "collection_user",
)
RETIRED = (
    "getarticlesummary",
    "getarticletotal",
    "getuserread",
    "getuserreadhour",
    "getusershare",
    "getusersharehour",
)

Read = Callable[[State, WeChatAccount, Body], Body]
ReadDays = Callable[[State, WeChatAccount, list[date]], Body]


def retired(_state: State, _account: WeChatAccount, _body: Body) -> Body:
    """Answer as the endpoints that were switched off do."""
    raise Refused(47009, "this api is offline, please use the new api")


def ranged(read: ReadDays, span: int, first_day: date) -> Read:
    """Return an endpoint with its rules of range checked first."""

    def checked(state: State, account: WeChatAccount, body: Body) -> Body:
        if set(body) != {"begin_date", "end_date"}:
            raise Refused(47001, "data format error: begin_date and end_date only")
        try:
            begin, end = (date.fromisoformat(body[name]) for name in ("begin_date", "end_date"))
        except (TypeError, ValueError):
            raise Refused(61500, "date format error") from None
        now = state.now().astimezone(SHANGHAI)
        if not first_day <= begin <= end < now.date() or (end - begin).days >= span:
            raise Refused(61501, "date range error")
        if end == now.date() - timedelta(days=1) and now.hour < READY_HOUR:
            raise Refused(61503, "data not ready")
        days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
        return read(state, account, days)

    return checked


def user_summary(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return a row per day and source with any change."""
    rows = [
        {"ref_date": str(day), "user_source": source, "new_user": new, "cancel_user": lost}
        for day in days
        for source, (new, lost) in account.follows.get(day, {}).items()
        if new or lost
    ]
    return {"list": rows}


def user_cumulate(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return the follower total at the end of each day."""
    rows = [
        {"ref_date": str(day), "cumulate_user": followers(account, day), "user_source": 0}
        for day in days
    ]
    return {"list": rows}


def followers(account: WeChatAccount, until: date) -> int:
    """Return the followers at the end of a day."""
    changes = [
        new - lost
        for day, sources in account.follows.items()
        if day <= until
        for new, lost in sources.values()
    ]
    return account.followers_before + sum(changes)


def scenes(readers: int) -> list[Body]:
    """Return readers by where they came from; scenes overlap and do not add up."""
    return [
        {"user_count": readers, "scene_desc": "全部"},
        {"user_count": readers * 3 // 5, "scene_desc": "公众号消息"},
        {"user_count": readers // 4, "scene_desc": "推荐"},
    ]


def biz_summary(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return the account's day: readers and interactions of all articles."""
    rows = []
    for day in days:
        articles = [article.days.get(day) or {} for article in account.articles]
        total = {name: sum(row.get(name) or 0 for row in articles) for name in COUNTED}
        sent = [a for a in account.articles if business_date(a.published_at) == day]
        detail = {
            **total,
            "read_user_source": scenes(total["read_user"]),
            "redirect_ori_page_user": 0,
            "send_page_count": len(sent),
        }
        rows.append({"ref_date": str(day), "detail": detail})
    return {"list": rows, "is_delay": False}


def article_read(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return readers of each article read on the day."""
    return day_rows(
        account,
        days[0],
        lambda row: {"read_user": row["read_user"], "read_user_source": scenes(row["read_user"])},
        "read_user",
    )


def article_share(_state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return sharers of each article shared on the day."""
    return day_rows(account, days[0], lambda row: {"share_user": row["share_user"]}, "share_user")


def day_rows(
    account: WeChatAccount, day: date, detail: Callable[[dict[str, int]], Body], counter: str
) -> Body:
    """Return a row per article whose counter moved on a day."""
    moved = []
    for article in account.articles:
        row = {name: count or 0 for name, count in (article.days.get(day) or {}).items()}
        if row.get(counter):
            moved.append({"ref_date": str(day), "msgid": article.msgid, "detail": detail(row)})
    return {"list": moved, "is_delay": False}


def article_total(state: State, account: WeChatAccount, days: list[date]) -> Body:
    """Return every article published on the day, with totals up to each stat date."""
    published_on = days[0]
    now = state.now().astimezone(SHANGHAI)
    finished = now.date() - timedelta(days=1 if now.hour >= READY_HOUR else 2)
    until = min(finished, published_on + timedelta(days=TOTAL_DAYS))
    stat_days = [published_on + timedelta(n) for n in range((until - published_on).days + 1)]
    rows = [
        {
            "ref_date": str(published_on),
            "msgid": article.msgid,
            "publish_type": 0,
            "title": article.title,
            "content_url": article.url,
            "detail_list": [total_until(article, day) for day in stat_days],
        }
        for article in account.articles
        if business_date(article.published_at) == published_on
    ]
    return {"list": rows, "is_delay": False}


def total_until(article: Article, stat_date: date) -> Body:
    """Return an article's running totals at the end of a day."""
    known = [row for day, row in article.days.items() if day <= stat_date]
    total = {name: sum(row.get(name) or 0 for row in known) for name in COUNTED}
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
    rows = [
        {"ref_date": str(day), "msg_type": kind, "msg_user": people, "msg_count": count}
        for day in days
        for kind, (people, count) in account.messages.get(day, {}).items()
    ]
    return {"list": rows}


ENDPOINTS: dict[str, Read] = {
    "getusersummary": ranged(user_summary, 7, USER_DATA_FROM),
    "getusercumulate": ranged(user_cumulate, 7, USER_DATA_FROM),
    "getbizsummary": ranged(biz_summary, 30, ARTICLE_DATA_FROM),
    "getarticleread": ranged(article_read, 1, ARTICLE_DATA_FROM),
    "getarticleshare": ranged(article_share, 1, ARTICLE_DATA_FROM),
    "getarticletotaldetail": ranged(article_total, 1, ARTICLE_DATA_FROM),
    "getupstreammsg": ranged(upstream_messages, 7, USER_DATA_FROM),
    **dict.fromkeys(RETIRED, retired),
}
