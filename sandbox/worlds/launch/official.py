"""The WeChat Official Account beside the launch: plausible, three articles a week."""

from datetime import date, timedelta

from sandbox.world import Article, Comment, Counts, WeChatAccount
from sandbox.worlds.launch.days import at

SOURCES = {0: 6, 1: 9, 30: 4, 57: 3}  # where followers come from: the platform's code, a day's base
OPENING_FOLLOWERS = 52_000
DAYS_READ = 31
BRAND_USER = "brand-open-id"


def wechat_account(daily: dict[date, Counts]) -> WeChatAccount:
    """Return the account with its followers, messages and articles."""
    follows, messages = {}, {}
    for day in daily:
        wave = day.toordinal() % 7
        follows[day] = {source: (n + wave, wave // 2) for source, n in SOURCES.items()}
        messages[day] = {1: (12 + wave, 20 + 2 * wave), 2: (2, 3)}
    start = min(daily) - timedelta(days=10)
    days = [start + timedelta(n) for n in range((max(daily) - start).days + 1)]
    return WeChatAccount(
        "wechat_acme",
        "wx-acme",
        "wx-secret-acme",
        OPENING_FOLLOWERS,
        follows,
        messages,
        tuple(article(day, max(daily)) for day in days if day.isoweekday() in (1, 3, 5)),
    )


def article(day: date, last: date) -> Article:
    """Return an article whose readers fall off over 30 days."""
    msg_data_id = f"22{day:%Y%m%d}"
    return Article(
        msg_data_id,
        1,
        f"article-{day:%Y%m%d}",
        f"深度｜{day:%m月%d日} 配方手记",
        at(day, 8, 30),
        f"https://mp.weixin.qq.com/s?mid={msg_data_id}&idx=1",
        readers_by_day(day, last),
        comments(msg_data_id, day),
    )


def readers_by_day(published_on: date, last: date) -> dict[date, Counts]:
    """Return what an article gains on each day until readers, or the world, end."""
    base = 900 + published_on.toordinal() % 5 * 60
    found: dict[date, Counts] = {}
    for age in range(min(DAYS_READ, (last - published_on).days + 1)):
        readers = base // (1 + age * age)
        found[published_on + timedelta(days=age)] = {
            "read_user": readers,
            "share_user": readers // 20,
            "zaikan_user": readers // 40,
            "like_user": readers // 25,
            "comment_count": 3 if age == 0 else 0,
            "collection_user": readers // 30,
        }
    return found


def comments(msg_data_id: str, day: date) -> tuple[Comment, ...]:
    """Return three comments; the first is answered."""
    written = [
        Comment(str(n + 1), msg_data_id, at(day, 9, 10 * n), f"reader-{n}", "写得真好")
        for n in range(3)
    ]
    reply = Comment("9001", msg_data_id, at(day, 10), BRAND_USER, "谢谢", "1", is_brand=True)
    return (*written, reply)
